import type { DescMethod } from '@bufbuild/protobuf';
import type { Context } from '@opentelemetry/api';
import type { Caller } from './caller';
import type { Failure } from './status';

/** A call as a server has it, whichever way it came. */
export interface ServedCall {
  /** What its span is a part of. */
  parent: Context;
  cancellation: { readonly cancelled: boolean; once(event: 'cancelled', listener: () => void): unknown };
  /** Who calls, and until when the answer is waited for. Throws when it is no service of this platform, or does not say for whom it calls. */
  identify(): Caller;
  /** The request message; of a stream its messages. */
  request(method: DescMethod): unknown;
  answer(response: Uint8Array, replayed: boolean): void;
  fail(failure: Failure, replayed: boolean): void;
}

/** Whoever calls is no service of this platform, or one with another internal token. */
export class Stranger extends Error {}
