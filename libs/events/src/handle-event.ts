import { isUnavailable, type Data, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import type { CloudEvent } from './cloud-event';

/** An event as a handler gets it. `T`: the JSON of its message in tonegrid.events.v1. */
export interface ReceivedEvent<T = unknown> {
  id: string;
  /** `release.created`. */
  type: string;
  /** `/tonegrid/<service>`. */
  source: string;
  /** What it happened to, by its uuid; events of one subject come in order. */
  subject: string;
  time: Date;
  tenantUuid: string;
  data: T;
}

/** Another process of the same consumer has taken over: nothing more may be handled here. */
export class Superseded extends Error {}

/**
 * What a handler throws when it cannot do its work at the moment and the event is not to blame (a DSP is away, another service starts):
 * the event is tried again for as long as it takes, and later events of its subject wait.
 */
export class NotNow extends Error {}

/** An event and where in the stream it was. */
export interface Located {
  event: CloudEvent;
  seq: number;
  /** Nanoseconds since 1970, see StreamMessage. */
  time: number;
  /** The span of its publish. */
  traceparent?: string;
}

// The inbox row comes first: a second handling of the same event waits here until the first has committed or not. The epoch
// is read in the same statement: whoever was replaced while it was, say, suspended, stops here.
const enter = `
  with entered as (
    insert into inbox (consumer, event_id, stream_seq, stream_time) values ($1, $2, $3, $4) on conflict do nothing returning 1
  )
  select exists (select from entered) as fresh, exists (select from inbox_positions where consumer = $1 and epoch = $5) as current`;

// The same for many, in one order for whoever enters them: that of the stream. An event that is among them twice is entered once.
const enterAll = `
  with entered as (
    insert into inbox (consumer, event_id, stream_seq, stream_time)
    select $1, id, seq, time from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as told (id, seq, time)
    on conflict do nothing returning stream_seq
  )
  select array(select stream_seq::float8 from entered) as fresh,
    exists (select from inbox_positions where consumer = $1 and epoch = $5) as current`;

const superseded = (consumer: string) => new Superseded(`consumer ${consumer} runs elsewhere`);

/** Whether the event is new to the consumer; sent along with the first statement of whoever handles it. */
async function enterInbox(tx: Tx, consumer: string, epoch: string, { event, seq, time }: Located): Promise<boolean> {
  const [row] = await tx.ahead<{ fresh: boolean; current: boolean }>(enter, [consumer, event.id, seq, time, epoch], 'inbox_enter');
  if (!row?.current) throw superseded(consumer);
  return row.fresh;
}

/** Ends a transaction of an event that had been handled before: what its handler has done is undone. */
class HandledBefore extends Error {}

/**
 * Handles an event and gives it its inbox row in one go. The handler is not kept waiting for the row: when that tells that the event has been
 * handled before, or that this is no longer the consumer, all is undone, whatever came of the handler.
 */
async function handleAndEnter(tx: Tx, consumer: string, epoch: string, located: Located, handle: () => Promise<void>): Promise<void> {
  const entered = enterInbox(tx, consumer, epoch, located);
  entered.catch(() => undefined);
  let failure: { error: unknown } | undefined;
  try {
    await handle();
    await tx.flush();
  } catch (error) {
    failure = { error };
    await tx.flush().catch(() => undefined);
  }
  const fresh = await entered.catch((error: unknown) => {
    throw error instanceof Superseded || !failure ? error : failure.error;
  });
  if (!fresh) throw new HandledBefore();
  if (failure) throw failure.error;
}

/** An event of the stream as its handler gets it. */
export const toReceived = ({ id, type, source, subject, time, tenantuuid: tenantUuid, data }: CloudEvent): ReceivedEvent => ({
  id,
  type,
  source,
  subject,
  time: new Date(time),
  tenantUuid,
  data,
});

/**
 * One attempt: inbox row, handler and whatever the handler writes commit together, as the event's tenant (or over all tenants:
 * `everyTenant`). Gives false if the event had been handled before. Throws what the handler throws.
 */
export async function handleOnce(
  data: Data,
  consumer: string,
  epoch: string,
  located: Located,
  everyTenant: boolean,
  handle: (tx: Tx, event: ReceivedEvent) => Promise<void>,
): Promise<boolean> {
  const { event } = located;
  const work = (tx: Tx) => handleAndEnter(tx, consumer, epoch, located, () => handle(tx, toReceived(event)));
  try {
    await (everyTenant ? data.system(work) : data.transaction({ tenantUuid: event.tenantuuid }, work));
    return true;
  } catch (error) {
    if (error instanceof HandledBefore) return false;
    throw error;
  }
}

/**
 * One attempt at many events, which are in the order of the stream: their inbox rows, and what the handler writes for those that had not
 * been handled before, commit together, over all tenants. Gives those. Throws what the handler throws; then none of them is handled.
 */
export function handleTogether(
  data: Data,
  consumer: string,
  epoch: string,
  all: readonly Located[],
  handleAll: (tx: Tx, events: ReceivedEvent[]) => Promise<void>,
): Promise<Located[]> {
  return data.system(async (tx) => {
    const columns = [all.map(({ event }) => event.id), all.map(({ seq }) => seq), all.map(({ time }) => time)];
    const [row] = await tx.query<{ fresh: number[]; current: boolean }>(enterAll, [consumer, ...columns, epoch], 'inbox_enter_all');
    if (!row?.current) throw superseded(consumer);
    const entered = new Set(row.fresh);
    const fresh = all.filter(({ seq }) => entered.has(seq));
    if (fresh.length > 0)
      await handleAll(
        tx,
        fresh.map(({ event }) => toReceived(event)),
      );
    return fresh;
  });
}

/** Gives the event up: it counts as handled, and `dead_letters` keeps it with the error. Gives false if it had been handled before. */
export function bury(data: Data, consumer: string, epoch: string, located: Located, attempts: number, error: string): Promise<boolean> {
  const { event, seq } = located;
  return data.transaction({ tenantUuid: event.tenantuuid }, async (tx) => {
    const entered = enterInbox(tx, consumer, epoch, located);
    await tx.flush();
    if (!(await entered)) return false;
    await tx.query(
      `insert into dead_letters (consumer, event_id, tenant_uuid, type, ordering_key, payload, stream_seq, attempts, error)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
      [consumer, event.id, event.tenantuuid, event.type, event.subject, JSON.stringify(event), seq, attempts, error],
    );
    return true;
  });
}

/** True if the infrastructure failed and not the event: such failures are not counted as attempts. */
export const isPassing = (error: unknown): boolean =>
  error instanceof NotNow || isUnavailable(error) || (error instanceof Refused && error.code === 'service.unavailable');
