import { openData, tenancyFunctions, type Data, type Tx } from '@tonegrid/data';
import { startNats, waitFor, type RunningNats, type RunningPostgres, type TestDatabase } from '@tonegrid/testing';
import type { ConnectionOptions } from 'nats';
import { Client } from 'pg';
import { Registry } from 'prom-client';
import {
  Consumer,
  eventTables,
  Outbox,
  Relay,
  type DomainEvent,
  type HandlesMany,
  type HandlesOne,
  type ReceivedEvent,
  type RelayOptions,
  type SubscriptionOptions,
} from '../src';

export const tenantUuid = '0190a000-0000-7000-8000-000000000001';
export const env = 'sandbox';

/** What the tests do not read; set TONEGRID_TEST_LOG to see it. */
const shown = process.env['TONEGRID_TEST_LOG'] !== undefined;
const say = (fields: object, message: string) => void (shown && process.stderr.write(`${message} ${JSON.stringify(fields)}\n`));
export const log = { info: say, warn: say, error: say };

/** Writes what a handler got; `place` is the order of handling. */
export const noteHandled = async (tx: Tx, event: ReceivedEvent) =>
  void (await tx.query('insert into handled (event_id, subject, n) values ($1, $2, $3)', [
    event.id,
    event.subject,
    (event.data as { n: number }).n,
  ]));

/** The same for many, in the order of the list. */
export const noteAllHandled = async (tx: Tx, events: ReceivedEvent[]) =>
  void (await tx.query(
    'insert into handled (event_id, subject, n) select id, subject, n from unnest($1::uuid[], $2::text[], $3::int[]) with ordinality as told (id, subject, n, place) order by place',
    [events.map(({ id }) => id), events.map(({ subject }) => subject), events.map(({ data }) => (data as { n: number }).n)],
  ));

/** PostgreSQL and NATS with a service's database between them. */
export class Stage {
  readonly registry = new Registry();
  private readonly running: { stop(): Promise<void> }[] = [];

  private constructor(
    readonly nats: RunningNats,
    readonly database: TestDatabase,
    readonly data: Data,
    readonly outbox: Outbox,
  ) {}

  /** A metric of this stage, summed over its labels. */
  async metric(name: string): Promise<number> {
    return (await this.registry.getSingleMetric(name)!.get()).values.reduce((sum, { value }) => sum + value, 0);
  }

  /** A database and a NATS of its own on a running PostgreSQL. */
  static async open(postgres: RunningPostgres): Promise<Stage> {
    const [database, nats] = await Promise.all([postgres.createDatabase('events'), startNats()]);
    const owner = new Client({ connectionString: database.migrationUrl });
    await owner.connect();
    await owner.query(`set tonegrid.app_role = '${database.appRole}'`);
    for (const statement of [
      ...tenancyFunctions(),
      ...eventTables(),
      'create table handled (place bigint generated always as identity, event_id uuid not null, subject text not null, n integer not null)',
      'create table counters (subject text primary key, n integer not null)',
      `grant select, insert, update, delete on handled, counters to "${database.appRole}"`,
    ]) {
      await owner.query(statement);
    }
    await owner.end();
    const data = await openData({ url: database.url, poolSize: 24, connectTimeout: 2000 });
    return new Stage(nats, database, data, new Outbox('/tonegrid/test', data));
  }

  relay(options: Partial<RelayOptions> = {}): Relay {
    const { databaseUrl, registry } = { databaseUrl: this.database.url, registry: this.registry };
    const relay = new Relay({ databaseUrl, nats: { servers: this.nats.url }, env, log, registry, ackTimeout: 1500, ...options });
    return this.begin(relay);
  }

  consumer({
    handleAll,
    handle = noteHandled,
    wanted,
    nats = { servers: this.nats.url },
    ...how
  }: Partial<SubscriptionOptions> & Partial<HandlesOne | HandlesMany> & { nats?: ConnectionOptions } = {}): Consumer {
    const { data, registry } = this;
    const options = { data, databaseUrl: this.database.url, nats, env, log, registry };
    return this.begin(
      new Consumer(options, {
        durable: 'test',
        filter: ['>'],
        checkEvery: 1000,
        ...how,
        ...(handleAll ? { handleAll } : { handle, wanted }),
      }),
    );
  }

  private begin<T extends { start(): void; stop(): Promise<void> }>(part: T): T {
    this.running.push(part);
    part.start();
    return part;
  }

  /** Commits one event. */
  tell(subject: string, n: number, event: Partial<DomainEvent> = {}): Promise<void> {
    return this.data.transaction({ tenantUuid }, (tx) =>
      this.outbox.add(tx, { type: 'release.updated', subject, tenantUuid, data: { n }, ...event }),
    );
  }

  /** Commits `count` events of `subjects` subjects, `writers` at once, through whatever happens to the servers; n counts within a subject. */
  async load(count: number, subjects = 20, writers = 8): Promise<void> {
    let begun = 0;
    const write = async () => {
      while (begun < count) {
        const subject = `subject-${begun++ % subjects}`;
        const id = crypto.randomUUID();
        // What a client with an idempotency key does: again until it is known to be there.
        await waitFor(
          () =>
            this.data.transaction({ tenantUuid }, async (tx) => {
              const known = await tx.query('select from outbox where event_id = $1', [id]);
              if (known.length > 0) return true;
              const [row] = await tx.query<{ n: number }>(
                'insert into counters values ($1, 1) on conflict (subject) do update set n = counters.n + 1 returning n',
                [subject],
              );
              await this.outbox.add(tx, { id, type: 'release.updated', subject, tenantUuid, data: { n: row!.n, filler: 'x'.repeat(200) } });
              return true;
            }),
          { timeout: 30_000, interval: 50, what: 'a commit' },
        );
      }
    };
    await Promise.all(Array.from({ length: writers }, write));
  }

  async rows<R>(sql: string, params: unknown[] = []): Promise<R[]> {
    return this.data.system((tx) => tx.query<R>(sql, params));
  }

  async handled(): Promise<{ event_id: string; subject: string; n: number }[]> {
    return this.rows('select event_id, subject, n from handled order by place');
  }

  async countHandled(): Promise<number> {
    const [row] = await this.rows<{ n: number }>('select count(*)::int as n from handled');
    return row!.n;
  }

  /** Waits until that many events are handled, and a moment more for those that must not come. */
  async whenHandled(count: number, timeout = 20_000): Promise<{ event_id: string; subject: string; n: number }[]> {
    await waitFor(async () => (await this.countHandled()) >= count, {
      timeout,
      interval: 50,
      what: `${count} events handled`,
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    return this.handled();
  }

  /** Stops relays and consumers, not the servers. */
  async rest(): Promise<void> {
    await Promise.all(this.running.splice(0).map((part) => part.stop()));
  }

  async close(): Promise<void> {
    await this.rest();
    await this.data.close();
    await this.nats.stop();
  }
}

/** For each subject the numbers in the order of handling. */
export function bySubject(handled: { subject: string; n: number }[]): Record<string, number[]> {
  const lists: Record<string, number[]> = {};
  for (const { subject, n } of handled) (lists[subject] ??= []).push(n);
  return lists;
}

/** Expects that each subject's events were handled once each and in order, `count` together. */
export function expectOnceInOrder(handled: { subject: string; n: number }[], count: number): void {
  expect(handled).toHaveLength(count);
  for (const numbers of Object.values(bySubject(handled))) expect(numbers).toEqual(numbers.map((_, index) => index + 1));
}
