import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { context, trace, TraceFlags } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { pause, startPostgres, startProcess, waitFor, type RunningPostgres } from '@tonegrid/testing';
import { join } from 'node:path';
import { connect } from 'nats';
import { askForReplay, listDeadLetters, NotNow, StreamProbe, type CloudEvent, type ReceivedEvent } from '../src';
import { handleOnce, Superseded } from '../src/handle-event';
import { bySubject, env, expectOnceInOrder, noteHandled, Stage, tenantUuid } from './stage';

let postgres: RunningPostgres;
let stage: Stage;
beforeAll(async () => (postgres = await startPostgres()));
afterAll(() => postgres?.stop());
beforeEach(async () => (stage = await Stage.open(postgres)));
afterEach(() => stage?.close());

const retry = { attempts: 3, first: 20, most: 100 };
const metric = (name: string) => stage.metric(name);

test('events told by eight writers at once are handled once each, in order for each subject, several subjects at once', async () => {
  stage.relay();
  let running = 0;
  let most = 0;
  stage.consumer({
    async handle(tx, event) {
      most = Math.max(most, ++running);
      await noteHandled(tx, event);
      await pause(2);
      running--;
    },
  });
  await stage.load(300);
  expectOnceInOrder(await stage.whenHandled(300), 300);
  expect(most).toBeGreaterThan(4);
  expect(most).toBeLessThanOrEqual(16);
});

test('a handler sees the event, in a transaction of its tenant', async () => {
  stage.relay();
  const seen: ReceivedEvent[] = [];
  const tenants: string[] = [];
  stage.consumer({
    filter: ['release.created'],
    async handle(tx, event) {
      seen.push(event);
      tenants.push(tx.tenantUuid);
    },
  });
  const id = crypto.randomUUID();
  const time = new Date('2026-01-02T03:04:05.678Z');
  await stage.tell('r', 1);
  await stage.tell('r', 2, { type: 'release.created', id, time });
  await waitFor(() => seen.length === 1, { what: 'the event' });
  expect(seen).toEqual([{ id, type: 'release.created', source: '/tonegrid/test', subject: 'r', time, tenantUuid, data: { n: 2 } }]);
  expect(tenants).toEqual([tenantUuid]);
});

test('of several filters each event that one of them matches is handled', async () => {
  stage.relay();
  stage.consumer({ filter: ['release.*', 'release.dsp.>'] });
  for (const [n, type] of ['release.created', 'track.created', 'release.dsp.spotify.live', 'release.a.b'].entries())
    await stage.tell('r', n, { type });
  await stage.tell('r', 9, { type: 'release.updated' });
  expect((await stage.whenHandled(3)).map(({ n }) => n)).toEqual([0, 2, 9]);
});

test('what a consumer has no use for is passed over without a trace, and a look that fails is looked again', async () => {
  stage.relay();
  let looks = 0;
  stage.consumer({
    retry,
    async wanted(event) {
      if (++looks === 1) throw new Error('away');
      return (event.data as { n: number }).n % 2 === 0;
    },
  });
  for (const n of [1, 2, 3, 4]) await stage.tell('r', n);
  expect((await stage.whenHandled(2)).map(({ n }) => n)).toEqual([2, 4]);
  expect(await stage.rows('select from inbox')).toHaveLength(2);
  expect([looks, await metric('consumer_declined_total')]).toEqual([5, 2]);
});

test('an event whose handler fails because it had been handled before counts as handled, and is not tried again', async () => {
  stage.relay();
  const consumer = stage.consumer();
  await stage.tell('r', 1);
  await stage.whenHandled(1);
  await consumer.stop();
  // The position is lost, and the stream is read again from its beginning.
  await stage.rows('delete from inbox_positions');
  stage.consumer({
    retry,
    async handle() {
      throw new Error('done already');
    },
  });
  await waitFor(async () => (await metric('consumer_repeated_total')) === 1, { what: 'the event passed over' });
  expect(await metric('consumer_failed_total')).toBe(0);
});

test('a poisonous event goes to the dead letters; later events of its subject wait for that, other subjects do not', async () => {
  stage.relay();
  const order: string[] = [];
  stage.consumer({
    retry: { ...retry, first: 300, most: 300 },
    async handle(tx, event) {
      await noteHandled(tx, event);
      if (event.subject === 'poison' && (event.data as { n: number }).n === 1) {
        order.push('failed');
        throw new Error('cannot be handled');
      }
      order.push(event.subject);
    },
  });
  await stage.tell('poison', 1);
  await stage.tell('poison', 2);
  await stage.tell('other', 1);
  expect(bySubject(await stage.whenHandled(2))).toEqual({ poison: [2], other: [1] });
  expect(order.filter((entry) => entry !== 'other')).toEqual(['failed', 'failed', 'failed', 'poison']);
  expect(order.indexOf('other')).toBeLessThan(order.lastIndexOf('failed'));
  const letters = await stage.rows<{ payload: string }>(
    'select consumer, type, ordering_key, tenant_uuid, attempts, error, payload from dead_letters',
  );
  expect(letters).toEqual([
    expect.objectContaining({
      consumer: 'test', type: 'release.updated', ordering_key: 'poison', tenant_uuid: tenantUuid, attempts: 3,
      error: expect.stringContaining('cannot be handled'),
    }),
  ]); // prettier-ignore
  expect(JSON.parse(letters[0]!.payload)).toMatchObject({ specversion: '1.0', subject: 'poison', data: { n: 1 } });
  expect(await metric('consumer_dead_letters_total')).toBe(1);
});

test('dead letters are handled again when they are asked for, each once; one that fails again stays', async () => {
  stage.relay();
  let broken = true;
  const handled: string[] = [];
  stage.consumer({
    retry: { attempts: 1, first: 10, most: 10 },
    replayEvery: 50,
    async handle(tx, event) {
      await noteHandled(tx, event);
      if (broken || event.subject === 'hopeless') throw new Error(broken ? 'broken' : 'hopeless still');
      handled.push(event.subject);
    },
  });
  for (const subject of ['a', 'hopeless', 'b']) await stage.tell(subject, 1);
  const letters = async () => (await listDeadLetters(stage.data)).sort((one, other) => (one.subject < other.subject ? -1 : 1));
  await waitFor(async () => (await letters()).length === 3, { what: 'three dead letters' });
  const [a, b, hopeless] = await letters();
  expect([a, b, hopeless]).toMatchObject(
    ['a', 'b', 'hopeless'].map((subject) => ({
      consumer: 'test',
      type: 'release.updated',
      subject,
      tenantUuid,
      attempts: 1,
      isAskedFor: false,
      error: expect.stringContaining('broken'),
    })),
  );
  broken = false;
  await pause(200);
  expect(handled).toEqual([]);
  expect(await askForReplay(stage.data, [a!.eventId, crypto.randomUUID()])).toEqual([a!.eventId]);
  await waitFor(async () => (await letters()).length === 2, { what: 'one of them handled' });
  expect((await askForReplay(stage.data, 'all')).sort()).toEqual([hopeless!.eventId, b!.eventId].sort());
  await waitFor(async () => (await letters())[0]?.attempts === 2 && (await letters()).length === 1, { what: 'the others tried' });
  expect(await letters()).toMatchObject([{ subject: 'hopeless', isAskedFor: false, error: expect.stringContaining('hopeless still') }]);
  expect(handled).toEqual(['a', 'b']);
  expect((await stage.handled()).map(({ subject }) => subject)).toEqual(['a', 'b']);
  expect(await metric('consumer_replayed_total')).toBe(2);
});

test('an event whose handler says NotNow is tried for longer than its attempts', async () => {
  stage.relay();
  let tries = 0;
  stage.consumer({
    retry,
    async handle(tx, event) {
      if (++tries < 7) throw new NotNow('the DSP is away');
      await noteHandled(tx, event);
    },
  });
  await stage.tell('r', 1);
  expect(await stage.whenHandled(1)).toHaveLength(1);
  expect(await stage.rows('select from dead_letters')).toHaveLength(0);
});

test('a message that is not an event is passed over', async () => {
  stage.relay();
  stage.consumer();
  await stage.tell('r', 1);
  await stage.whenHandled(1);
  const nats = await connect({ servers: stage.nats.url });
  await nats.jetstream().publish(`tonegrid.${env}.release.updated`, 'nonsense');
  await nats.close();
  await stage.tell('r', 2);
  expectOnceInOrder(await stage.whenHandled(2), 2);
});

test('of two consumers one handles; when it stops the other goes on at once, with nothing lost or repeated', async () => {
  stage.relay();
  const consumers = [stage.consumer(), stage.consumer()];
  await waitFor(() => consumers.some((consumer) => consumer.health().consuming), { what: 'a leader' });
  const loading = stage.load(250);
  await pause(300);
  const leaders = consumers.filter((consumer) => consumer.health().role === 'leader');
  expect(leaders).toHaveLength(1);
  await leaders[0]!.stop();
  await loading;
  expectOnceInOrder(await stage.whenHandled(250), 250);
});

test('a consumer that was replaced and has not noticed can write nothing', async () => {
  await stage.rows("insert into inbox_positions (consumer, epoch) values ('test', 2)");
  const event: CloudEvent = {
    specversion: '1.0', id: crypto.randomUUID(), source: '/tonegrid/test', type: 'release.updated', subject: 'r', time: '2026-01-01T00:00:00Z',
    datacontenttype: 'application/json', tenantuuid: tenantUuid, data: { n: 1 },
  }; // prettier-ignore
  const handle = (epoch: string) => handleOnce(stage.data, 'test', epoch, { event, seq: 1, time: 1 }, false, noteHandled);
  await expect(handle('1')).rejects.toThrow(Superseded);
  expect(await stage.rows('select from inbox')).toHaveLength(0);
  expect(await handle('2')).toBe(true);
  expect(await handle('2')).toBe(false);
  expect(await stage.handled()).toHaveLength(1);
});

test('a stopping consumer finishes what it handles and begins no more', async () => {
  stage.relay();
  let begun = 0;
  const consumer = stage.consumer({
    concurrency: 2,
    async handle(tx, event) {
      begun++;
      await pause(300);
      await noteHandled(tx, event);
    },
  });
  for (let n = 1; n <= 6; n++) await stage.tell(`s${n}`, 1);
  await waitFor(() => begun === 2, { what: 'two handlers' });
  await consumer.stop();
  expect(begun).toBe(2);
  expect(await stage.handled()).toHaveLength(2);
  stage.consumer();
  expectOnceInOrder(await stage.whenHandled(6), 6);
});

test('what a handler writes and its inbox row commit together: a process killed in the middle leaves neither or both', async () => {
  stage.relay();
  const begin = () =>
    startProcess({
      name: 'consumer',
      command: [process.execPath, join(__dirname, 'consumer-process.js')],
      env: { DATABASE_URL: stage.database.url, NATS_URL: stage.nats.url, TONEGRID_ENV: env },
    });
  let child = await begin();
  const loading = stage.load(200, 30);
  for (let kills = 0; kills < 2; kills++) {
    const before = await stage.countHandled();
    await waitFor(async () => (await stage.countHandled()) > before + 20, { what: 'some progress' });
    await child.kill9();
    const [odd] = await stage.rows<{ n: number }>(
      'select count(*)::int as n from inbox full join handled using (event_id) where inbox.consumer is null or handled.subject is null',
    );
    expect(odd!.n).toBe(0);
    child = await begin();
  }
  await loading;
  expectOnceInOrder(await stage.whenHandled(200), 200);
  await child.stop();
});

test('the inbox forgets what the stream can no longer bring, and nothing newer', async () => {
  await stage.rows(
    `insert into inbox (consumer, event_id, stream_seq, stream_time, handled_at)
     select 'test', gen_random_uuid(), n, n, now() - n * interval '1 day' from unnest(array[1, 8, 13, 15, 400]) n`,
  );
  stage.consumer({ sweepEvery: 50 });
  await waitFor(async () => (await stage.rows('select from inbox')).length === 3, { what: 'the sweep' });
  expect(await stage.rows('select max(stream_seq)::int as oldest from inbox')).toEqual([{ oldest: 13 }]);
});

test('the trace of the change goes on in its publish and from there in the handler', async () => {
  const spans = new InMemorySpanExporter();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  try {
    stage.relay();
    const seen: (string | undefined)[] = [];
    stage.consumer({ handle: async () => void seen.push(trace.getSpanContext(context.active())?.spanId) });
    const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };
    await context.with(trace.setSpanContext(context.active(), span), () => stage.tell('r', 1));
    await waitFor(() => spans.getFinishedSpans().length === 2, { what: 'both spans' });
    const [row] = await stage.rows<{ traceparent: string; payload: string }>('select traceparent, payload from outbox');
    expect(row!.traceparent).toBe(`00-${span.traceId}-${span.spanId}-01`);
    expect(JSON.parse(row!.payload)).toMatchObject({ traceparent: row!.traceparent });
    const [published, processed] = ['publish', 'process'].map((name) =>
      spans.getFinishedSpans().find((each) => each.name === `${name} release.updated`)!,
    );
    expect(published!.parentSpanContext).toMatchObject({ traceId: span.traceId, spanId: span.spanId });
    expect(processed!.parentSpanContext).toMatchObject({ traceId: span.traceId, spanId: published!.spanContext().spanId });
    expect(seen).toEqual([processed!.spanContext().spanId]);
  } finally {
    context.disable();
    trace.disable();
  }
});

test('how far a consumer is behind is told while it leads, and no longer when it does not', async () => {
  stage.relay();
  const told = async (name: string) => (await stage.registry.getSingleMetric(name)!.get()).values;
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const consumer = stage.consumer({ checkEvery: 50, handle: () => held });
  for (let n = 1; n <= 3; n++) await stage.tell('r', n);
  try {
    await waitFor(async () => (await told('consumer_pending'))[0]?.value === 3, { what: 'three events pending' });
    await waitFor(async () => (await told('consumer_lag_seconds'))[0]!.value > 0.5, { what: 'the lag growing' });
  } finally {
    goOn();
  }
  await waitFor(async () => (await told('consumer_pending'))[0]?.value === 0, { what: 'none pending' });
  await waitFor(async () => (await told('consumer_lag_seconds'))[0]?.value === 0, { what: 'no lag' });
  await consumer.stop();
  expect([await told('consumer_pending'), await told('consumer_lag_seconds')]).toEqual([[], []]);
});

test('the probe says whether JetStream answers for the stream, through an absence of NATS', async () => {
  const probe = new StreamProbe({ servers: stage.nats.url }, env);
  try {
    await expect(probe.check()).rejects.toThrow('stream not found');
    stage.relay();
    await waitFor(() => probe.check().then(() => true), { what: 'the stream' });
    await stage.nats.kill9();
    await waitFor(
      () =>
        probe.check().then(
          () => false,
          () => true,
        ),
      { what: 'its absence being noticed' },
    );
    await expect(probe.check()).rejects.toThrow();
    await stage.nats.restart();
    await waitFor(() => probe.check().then(() => true), { what: 'its return' });
  } finally {
    await probe.close();
  }
});
