import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { context, trace, TraceFlags } from '@opentelemetry/api';
import type { Tx } from '@tonegrid/data';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { pause, startPostgres, startProcess, waitFor, type RunningPostgres } from '@tonegrid/testing';
import { join } from 'node:path';
import { connect } from 'nats';
import { askForReplay, NotNow, type CloudEvent, type ReceivedEvent } from '../src';
import { handleTogether, Superseded } from '../src/handle-event';
import { bySubject, env, expectOnceInOrder, noteAllHandled, Stage, tenantUuid } from './stage';

let postgres: RunningPostgres;
let stage: Stage;
beforeAll(async () => (postgres = await startPostgres()));
afterAll(() => postgres?.stop());
beforeEach(async () => (stage = await Stage.open(postgres)));
afterEach(() => stage?.close());

const retry = { attempts: 3, first: 20, most: 100 };
const metric = (name: string) => stage.metric(name);
const published = (count: number) =>
  waitFor(async () => (await stage.rows('select from outbox where published_at is not null')).length === count, {
    timeout: 20_000,
    what: 'all in the stream',
  });
const is = (event: ReceivedEvent, subject: string, n: number) => event.subject === subject && (event.data as { n: number }).n === n;

test('a burst is handled in few transactions, each event once, in the order of the stream, and not again when the stream is read again', async () => {
  stage.relay();
  await stage.load(300);
  await published(300);
  const sizes: number[] = [];
  const tenants = new Set<string>();
  const handleAll = async (tx: Tx, events: ReceivedEvent[]) => {
    sizes.push(events.length);
    tenants.add(tx.tenantUuid);
    await noteAllHandled(tx, events);
  };
  const consumer = stage.consumer({ handleAll });
  expectOnceInOrder(await stage.whenHandled(300), 300);
  const [order] = await stage.rows<{ transactions: number; steps: number; in_order: boolean }>(
    `select count(distinct xmin::text)::int as transactions, bool_and(step) as in_order from (
       select inbox.xmin, stream_seq > lag(stream_seq, 1, 0::bigint) over (order by place) as step from inbox join handled using (event_id)) told`,
  );
  expect(order).toEqual({ transactions: sizes.length, in_order: true });
  expect(sizes.length).toBeLessThan(30);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(128);
  expect([...tenants]).toEqual(['*']);
  expect([await metric('consumer_handled_total'), await metric('consumer_repeated_total')]).toEqual([300, 0]);
  await consumer.stop();
  const batches = sizes.length;
  await stage.rows('delete from inbox_positions');
  stage.consumer({ handleAll });
  await waitFor(async () => (await metric('consumer_repeated_total')) === 300, { timeout: 20_000, what: 'all of them passed over' });
  // Who comes alone is handled while the inbox is asked, and undone.
  expect(sizes.slice(batches).every((size) => size === 1)).toBe(true);
  expect(await stage.countHandled()).toBe(300);
});

test('an event that is in the stream twice is handled once, also within one batch, and what is new among the old is handled', async () => {
  stage.relay();
  await stage.tell('r', 1);
  await published(1);
  const [told] = await stage.rows<{ payload: string }>('select payload from outbox');
  const event = JSON.parse(told!.payload) as CloudEvent;
  const nats = await connect({ servers: stage.nats.url });
  const again = (more: Partial<CloudEvent>) =>
    nats.jetstream().publish(`tonegrid.${env}.release.updated`, JSON.stringify({ ...event, ...more }));
  // Without the message id by which NATS itself would refuse it.
  await again({});
  await again({});
  await again({ id: crypto.randomUUID(), data: { n: 2 } });
  await nats.close();
  const consumer = stage.consumer({ handleAll: noteAllHandled });
  expectOnceInOrder(await stage.whenHandled(2), 2);
  await consumer.stop();
  await stage.rows('delete from inbox_positions');
  await stage.tell('r', 3);
  stage.consumer({ handleAll: noteAllHandled });
  expectOnceInOrder(await stage.whenHandled(3), 3);
});

test('a poisonous event among others goes to the dead letters alone; a batch that fails leaves nothing, and the rest is handled once', async () => {
  stage.relay();
  for (let n = 1; n <= 8; n++) for (const subject of ['a', 'poison', 'b']) await stage.tell(subject, n);
  await published(24);
  let broken = true;
  const sizes: number[] = [];
  stage.consumer({
    retry,
    replayEvery: 50,
    async handleAll(tx, events) {
      sizes.push(events.length);
      await noteAllHandled(tx, events);
      if (broken && events.some((event) => is(event, 'poison', 7))) throw new Error('cannot be handled');
    },
  });
  const told = bySubject(await stage.whenHandled(23));
  const all = Array.from({ length: 8 }, (_, n) => n + 1);
  expect(told).toEqual({ a: all, b: all, poison: all.filter((n) => n !== 7) });
  expect(Math.max(...sizes)).toBeGreaterThan(1);
  const letters = await stage.rows('select type, ordering_key, tenant_uuid, attempts, error from dead_letters');
  expect(letters).toEqual([
    { type: 'release.updated', ordering_key: 'poison', tenant_uuid: tenantUuid, attempts: 3, error: expect.stringContaining('cannot be handled') },
  ]); // prettier-ignore
  expect(await stage.rows('select from inbox')).toHaveLength(24);
  const counts = ['consumer_handled_total', 'consumer_repeated_total', 'consumer_failed_total', 'consumer_dead_letters_total'];
  expect(await Promise.all(counts.map(metric))).toEqual([23, 0, 3, 1]);
  // And together again.
  await stage.tell('a', 9);
  expect(bySubject(await stage.whenHandled(24))['a']).toEqual([...all, 9]);
  broken = false;
  await askForReplay(stage.data, 'all');
  await waitFor(async () => (await metric('consumer_replayed_total')) === 1, { what: 'the dead letter handled' });
  expect((await stage.handled()).at(-1)).toMatchObject({ subject: 'poison', n: 7 });
});

test('while an event cannot be handled, later ones of its subject wait for it and the others go on together', async () => {
  stage.relay();
  let away = true;
  const refused: number[] = [];
  stage.consumer({
    retry,
    batch: { most: 128, every: 0 },
    async handleAll(tx, events) {
      if (away && events.some((event) => is(event, 'stuck', 1))) {
        refused.push(events.length);
        throw new NotNow('the DSP is away');
      }
      await noteAllHandled(tx, events);
    },
  });
  await stage.tell('stuck', 1);
  await waitFor(() => refused.length > 4, { what: 'more tries than attempts' });
  for (let n = 1; n <= 10; n++) for (const subject of ['stuck', 'other']) await stage.tell(subject, subject === 'stuck' ? n + 1 : n);
  expect(bySubject(await stage.whenHandled(10))).toEqual({ other: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
  away = false;
  expectOnceInOrder(await stage.whenHandled(21), 21);
  expect(await stage.rows('select from dead_letters')).toHaveLength(0);
});

test('a consumer that was replaced and has not noticed can write nothing; who is current writes what is fresh', async () => {
  await stage.rows("insert into inbox_positions (consumer, epoch) values ('test', 2)");
  const located = (n: number) => {
    const event: CloudEvent = {
      specversion: '1.0', id: crypto.randomUUID(), source: '/tonegrid/test', type: 'release.updated', subject: 'r', time: '2026-01-01T00:00:00Z',
      datacontenttype: 'application/json', tenantuuid: tenantUuid, data: { n },
    }; // prettier-ignore
    return { event, seq: n, time: 1_790_000_000_000_000_000 + n };
  };
  const [one, two, three] = [located(1), located(2), located(3)];
  const handle = (epoch: string, ...all: (typeof one)[]) => handleTogether(stage.data, 'test', epoch, all, noteAllHandled);
  await expect(handle('1', one, two)).rejects.toThrow(Superseded);
  expect(await stage.rows('select from inbox')).toHaveLength(0);
  expect(await stage.countHandled()).toBe(0);
  expect(await handle('2', one, two)).toEqual([one, two]);
  expect(await handle('2', one, two, three)).toEqual([three]);
  expect(await handle('2', one, two, three)).toEqual([]);
  await expect(handle('1', located(4))).rejects.toThrow(Superseded);
  expectOnceInOrder(await stage.handled(), 3);
});

test('a consumer that is replaced in the middle of its work stops, and what it has not handled is handled by who follows', async () => {
  stage.relay();
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  let begun = 0;
  const consumer = stage.consumer({
    batch: { most: 2, every: 0 },
    async handleAll(tx, events) {
      if (++begun === 1) await held;
      await noteAllHandled(tx, events);
    },
  });
  for (let n = 1; n <= 6; n++) await stage.tell('r', n);
  await waitFor(() => begun === 1, { what: 'the first batch' });
  // As who takes over does. The batch that runs entered its events before and may commit; the next finds out.
  await stage.rows("update inbox_positions set epoch = epoch + 1 where consumer = 'test'");
  goOn();
  expectOnceInOrder(await stage.whenHandled(6), 6);
  const [row] = await stage.rows<{ epoch: string }>('select epoch from inbox_positions');
  expect(Number(row!.epoch)).toBe(3); // 1, the intruder's, and that of the session that this consumer had to begin
  expect(await metric('consumer_failed_total')).toBe(0);
  expect(consumer.health().role).toBe('leader');
});

test('a stopping consumer finishes the batch that it handles and begins no more', async () => {
  stage.relay();
  for (let n = 1; n <= 20; n++) await stage.tell(`s${n}`, 1);
  await published(20);
  const sizes: number[] = [];
  const consumer = stage.consumer({
    batch: { most: 8, every: 0 },
    async handleAll(tx, events) {
      sizes.push(events.length);
      await pause(300);
      await noteAllHandled(tx, events);
    },
  });
  await waitFor(() => sizes.length === 1, { what: 'a batch' });
  await consumer.stop();
  expect(sizes).toHaveLength(1);
  expect(await stage.countHandled()).toBe(sizes[0]);
  stage.consumer({ handleAll: noteAllHandled });
  expectOnceInOrder(await stage.whenHandled(20), 20);
});

test('what a batch writes and its inbox rows commit together: a process killed in the middle leaves neither or both', async () => {
  stage.relay();
  const begin = () =>
    startProcess({
      name: 'consumer',
      command: [process.execPath, join(__dirname, 'consumer-process.js')],
      env: { DATABASE_URL: stage.database.url, NATS_URL: stage.nats.url, TONEGRID_ENV: env, TOGETHER: 'yes' },
    });
  const killed = await begin();
  const loading = stage.load(200, 30);
  await waitFor(async () => (await stage.countHandled()) > 20, { timeout: 20_000, interval: 5, what: 'some progress' });
  await killed.kill9();
  const [odd] = await stage.rows<{ n: number }>(
    'select count(*)::int as n from inbox full join handled using (event_id) where inbox.consumer is null or handled.subject is null',
  );
  expect(odd!.n).toBe(0);
  const child = await begin();
  await loading;
  expectOnceInOrder(await stage.whenHandled(200), 200);
  await child.stop();
});

test('each event of a batch has its span in its own trace, and a link to the one in which the work was done', async () => {
  const spans = new InMemorySpanExporter();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  try {
    stage.relay();
    const seen: [number, string | undefined][] = [];
    stage.consumer({
      batch: { most: 3, every: 60_000 },
      handleAll: async (_tx, events) => void seen.push([events.length, trace.getSpanContext(context.active())?.spanId]),
    });
    const tell = (n: number) => {
      const span = { traceId: String(n).repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };
      return context.with(trace.setSpanContext(context.active(), span), () => stage.tell('r', n));
    };
    await tell(1);
    await waitFor(() => seen.length === 1, { what: 'the first, by itself' });
    for (const n of [2, 3, 4]) await tell(n);
    const named = (name: string) =>
      spans
        .getFinishedSpans()
        .filter((span) => span.name === `${name} release.updated`)
        .sort((one, other) => (one.spanContext().traceId < other.spanContext().traceId ? -1 : 1));
    await waitFor(() => named('process').length === 4, { what: 'a span of each' });
    expect(named('process').map((span) => idsOf(span.parentSpanContext!))).toEqual(
      named('publish').map((span) => idsOf(span.spanContext())),
    );
    const [alone, first, ...others] = named('process');
    expect(seen).toEqual([
      [1, alone!.spanContext().spanId],
      [3, first!.spanContext().spanId],
    ]);
    expect([alone!.links, first!.links]).toEqual([[], []]);
    for (const { links } of others) expect(links.map((link) => idsOf(link.context))).toEqual([idsOf(first!.spanContext())]);
  } finally {
    context.disable();
    trace.disable();
  }
});

const idsOf = ({ traceId, spanId }: { traceId: string; spanId: string }) => ({ traceId, spanId });
