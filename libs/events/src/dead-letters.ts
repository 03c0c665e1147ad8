import type { Data, Tx } from '@tonegrid/data';
import type { CloudEvent } from './cloud-event';
import { isPassing, toReceived, type ReceivedEvent } from './handle-event';

/** An event that a consumer has given up. */
export interface DeadLetter {
  consumer: string;
  eventId: string;
  tenantUuid: string;
  type: string;
  /** What it happened to. */
  subject: string;
  attempts: number;
  /** What its handler said last, with a stack. */
  error: string;
  failedAt: Date;
  /** It will be handled again in a moment. */
  isAskedFor: boolean;
}

/** The dead letters of a service's database, oldest first, at most 1,000. */
export function listDeadLetters(data: Data): Promise<DeadLetter[]> {
  return data.system((tx) =>
    tx.query<DeadLetter>(
      `select consumer, event_id as "eventId", tenant_uuid as "tenantUuid", type, ordering_key as subject, attempts, error,
         failed_at as "failedAt", replay_at is not null as "isAskedFor"
       from dead_letters order by failed_at, stream_seq limit 1000`,
    ),
  );
}

/**
 * Asks the consumers to handle dead letters again: all of them, or those with these event ids. Whoever leads takes them up within
 * seconds, in the order of the stream. Gives the ids of those that are asked for.
 */
export async function askForReplay(data: Data, which: 'all' | string[]): Promise<string[]> {
  const rows = await data.system((tx) =>
    tx.query<{ event_id: string }>(
      `update dead_letters set replay_at = coalesce(replay_at, now()) where $1::uuid[] is null or event_id = any($1) returning event_id`,
      [which === 'all' ? null : which],
    ),
  );
  return rows.map((row) => row.event_id);
}

export interface ReplayOptions {
  data: Data;
  consumer: string;
  everyTenant: boolean;
  /** After it no further one is begun. */
  over: AbortSignal;
  /** Runs a handling in whatever surrounds it: a span. */
  within(event: CloudEvent, work: () => Promise<void>): Promise<void>;
  handle(tx: Tx, event: ReceivedEvent): Promise<void>;
  onReplayed(event: CloudEvent): void;
  /** It failed again and stays a dead letter. */
  onFailed(event: CloudEvent, error: unknown): void;
}

/**
 * Handles what was asked for, one after the other: what the handler writes and the end of the dead letter commit together. One that
 * fails again is no longer asked for. Stops early, to go on at the next call, while what handlers need is away or when it is over.
 */
export async function replayDeadLetters(options: ReplayOptions): Promise<void> {
  const { data, consumer, everyTenant, over, within, handle } = options;
  while (!over.aborted) {
    const [next] = await data.systemRead<{ payload: string }>(
      'select payload from dead_letters where consumer = $1 and replay_at is not null order by stream_seq limit 1',
      [consumer],
      'next-dead-letter',
    );
    if (!next) return;
    const event = JSON.parse(next.payload) as CloudEvent;
    let isHandled = false;
    const work = async (tx: Tx) => {
      // Another process may lead by now: whoever has the row does it.
      const [mine] = await tx.query('delete from dead_letters where consumer = $1 and event_id = $2 returning 1', [consumer, event.id]);
      isHandled = mine !== undefined;
      if (isHandled) await handle(tx, toReceived(event));
    };
    try {
      await within(event, () => (everyTenant ? data.system(work) : data.transaction({ tenantUuid: event.tenantuuid }, work)));
      if (isHandled) options.onReplayed(event);
    } catch (error) {
      if (isPassing(error)) return;
      options.onFailed(event, error);
      await data.system((tx) =>
        tx.query(
          `update dead_letters set replay_at = null, attempts = attempts + 1, error = $3, failed_at = now()
           where consumer = $1 and event_id = $2`,
          [consumer, event.id, errorText(error)],
        ),
      );
    }
  }
}

/** An error as a dead letter keeps it. */
export const errorText = (error: unknown): string =>
  (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(0, 4000);
