import { Refused } from '@tonegrid/errors';

/** No later attempt could end otherwise: the message is wrong, a file is not what was promised, the DSP refuses it for good. */
export class Hopeless extends Error {
  override readonly name = 'Hopeless';
}

/** The DSP cannot be reached or asks to come again. Several in a row let its other messages wait as well. */
export class DspAway extends Error {
  override readonly name = 'DspAway';
  constructor(
    message: string,
    /** What the DSP asked for, milliseconds. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** The work stopped for a reason of ours: the attempt does not count. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Another worker has the message now: nothing may be written about it here. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** What a failed call to another service of ours means for the message. */
export function fromPeer(error: unknown): unknown {
  if (!(error instanceof Refused)) return error;
  if (error.code === 'service.unavailable') return new Interrupted(error.message);
  return error.status < 500 ? new Hopeless(error.message) : error;
}

/** One line for `error_message`, for people: no stack, no addresses of ours, no more than 500 characters. */
export function describe(error: unknown): string {
  if (error instanceof Hopeless || error instanceof DspAway || error instanceof Interrupted || error instanceof Refused)
    return oneLine(error.message);
  return 'Unexpected error while delivering; it is tried again.';
}

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 500);
