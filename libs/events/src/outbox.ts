import type { Data, Statement, Tx } from '@tonegrid/data';
import { cloudEvent, largestEvent, type DomainEvent } from './cloud-event';

/** PostgreSQL channel on which the relay hears that there is something to publish. */
export const wakeChannel = 'tonegrid_outbox';

// The lock comes before the id: of one ordering key, nobody else takes an id until this transaction has ended, so ids of one
// key are in commit order, and whoever sees an event sees all earlier ones of its key. Locks are taken in one order, so that
// two transactions with several keys in one call do not wait for each other.
const insert = (condition?: Condition) => `
  with ${condition ? `condition as (${condition.text}),` : ''} locks as materialized (
    select pg_advisory_xact_lock(key) from (select distinct hashtextextended('outbox:' || k, 0) as key from unnest($4::text[]) k order by 1) keys
  )
  insert into outbox (event_id, tenant_uuid, type, ordering_key, traceparent, payload)
  select event_id, tenant_uuid, type, ordering_key, traceparent, payload
  from (select count(*) from locks) locked,
    unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
      with ordinality as event (event_id, tenant_uuid, type, ordering_key, traceparent, payload, place)
  ${condition ? 'where ordering_key in (select subject from condition)' : ''} order by place`;

const unconditional: Statement = { name: 'outbox_add', text: insert() };

/**
 * A statement that decides which events are told, such as an insert of what they tell of: those of the subjects that it gives as text in
 * the column `subject`. Its parameters are numbered from $7 on.
 */
export interface Condition {
  text: string;
  values: unknown[];
  /** Names the whole as a prepared statement; each text a name of its own. */
  name: string;
}

/** Where use cases tell what has happened. The event is written in their transaction: both commit, or neither does. */
export class Outbox {
  private waking = false;
  private again = false;

  /**
   * @param source who tells, `/tonegrid/<service>`
   * @param wakeHere wakes the relay of this process; false when it does not lead, and by default: then NOTIFY tells the one that does
   */
  constructor(
    private readonly source: string,
    private readonly data: Data,
    private readonly wakeHere: () => boolean = () => false,
  ) {}

  add(tx: Tx, event: DomainEvent): Promise<void> {
    return this.addAll(tx, [event]);
  }

  /** Several events in one statement, which is sent with the commit; those of one subject keep their order. */
  async addAll(tx: Tx, events: DomainEvent[]): Promise<void> {
    if (events.length > 0) this.write(tx, events, unconditional);
  }

  /** Several events, as `addAll`, and in the same statement what they depend on. */
  async addWhere(tx: Tx, condition: Condition, events: DomainEvent[]): Promise<void> {
    this.write(tx, events, { name: condition.name, text: insert(condition), values: condition.values });
  }

  private write(tx: Tx, events: DomainEvent[], { name, text, values = [] }: Statement): void {
    const told = events.map((event) => cloudEvent(this.source, event));
    const payloads = told.map((event) => JSON.stringify(event));
    payloads.forEach((payload, n) => {
      const size = Buffer.byteLength(payload);
      if (size > largestEvent)
        throw new Error(`event ${told[n]?.type} has ${size} bytes; at most ${largestEvent}: put a reference into it instead`);
    });
    const columns = [
      told.map(({ id }) => id),
      told.map(({ tenantuuid }) => tenantuuid),
      told.map(({ type }) => type),
      told.map(({ subject }) => subject),
      told.map(({ traceparent }) => traceparent ?? null),
      payloads,
    ];
    tx.last(text, [...columns, ...values], name);
    tx.afterCommit(() => this.wake());
  }

  // NOTIFY inside the transaction would make all commits of the server wait for each other's fsync (measured: 5,200 commits/s
  // without, 2,300 with). After the commit one NOTIFY at a time is enough for any number of them; if it fails, the relay polls.
  private wake(): void {
    if (this.wakeHere()) return;
    if (this.waking) {
      this.again = true;
      return;
    }
    this.waking = true;
    this.again = false;
    const over = () => {
      this.waking = false;
      if (this.again) this.wake();
    };
    this.data.pool.query(`notify ${wakeChannel}`).then(over, over);
  }
}
