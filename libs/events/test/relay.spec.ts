import { pause, startPostgres, waitFor, type RunningPostgres } from '@tonegrid/testing';
import { connect } from 'nats';
import { streamName, type CloudEvent } from '../src';
import { env, expectOnceInOrder, Stage, tenantUuid } from './stage';

let postgres: RunningPostgres;
let stage: Stage;
beforeAll(async () => (postgres = await startPostgres()));
afterAll(() => postgres?.stop());
beforeEach(async () => (stage = await Stage.open(postgres)));
afterEach(() => stage?.close());

/** All messages of the stream, in its order. */
async function streamed(): Promise<{ id: string; traceparent: string; subject: string; event: CloudEvent<{ n: number }> }[]> {
  const nats = await connect({ servers: stage.nats.url });
  try {
    const jsm = await nats.jetstreamManager();
    const { state } = await jsm.streams.info(streamName(env));
    const messages = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const { header, subject, string } = await jsm.streams.getMessage(streamName(env), { seq }).then((message) => ({
        header: message.header,
        subject: message.subject,
        string: message.string(),
      }));
      messages.push({ id: header.get('Nats-Msg-Id'), traceparent: header.get('traceparent'), subject, event: JSON.parse(string) });
    }
    return messages;
  } finally {
    await nats.close();
  }
}

const allPublished = () =>
  waitFor(async () => (await stage.rows('select from outbox where published_at is null')).length === 0, { what: 'an empty backlog' });

test('an event and the change it tells of commit together, or neither does', async () => {
  const change = (fails: boolean) =>
    stage.data.transaction({ tenantUuid }, async (tx) => {
      await tx.query('insert into counters values ($1, 1)', [String(fails)]);
      await stage.outbox.add(tx, { type: 'release.created', subject: 'r', tenantUuid, data: { n: 1 } });
      if (fails) throw new Error('no');
    });
  await expect(change(true)).rejects.toThrow('no');
  await change(false);
  expect(await stage.rows('select subject from counters')).toEqual([{ subject: 'false' }]);
  expect(await stage.rows('select type from outbox')).toEqual([{ type: 'release.created' }]);
});

test('an event is a CloudEvent on the subject of its type, with its id for NATS', async () => {
  stage.relay();
  const id = crypto.randomUUID();
  await stage.tell('r1', 7, { id, type: 'release.dsp.spotify.live' });
  await waitFor(async () => (await streamed()).length === 1, { what: 'one message' });
  const [message] = await streamed();
  expect(message).toMatchObject({ id, subject: 'tonegrid.sandbox.release.dsp.spotify.live' });
  expect(message!.event).toEqual({
    specversion: '1.0',
    id,
    source: '/tonegrid/test',
    type: 'release.dsp.spotify.live',
    subject: 'r1',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    datacontenttype: 'application/json',
    tenantuuid: tenantUuid,
    data: { n: 7 },
  });
});

test('events of one subject commit in the order of their ids, and other subjects do not wait', async () => {
  stage.relay();
  let release!: () => void;
  const held = new Promise<void>((resolve) => (release = resolve));
  let shut!: () => void;
  const gateShut = new Promise<void>((resolve) => (shut = resolve));
  const gate = 4711;
  const gatekeeper = stage.data.system(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [gate]);
    shut();
    await held;
  });
  await gateShut;
  const first = stage.data.transaction({ tenantUuid }, async (tx) => {
    await stage.outbox.addAll(tx, [
      { type: 'release.updated', subject: 'a', tenantUuid, data: { n: 1 } },
      { type: 'release.updated', subject: 'b', tenantUuid, data: { n: 1 } },
    ]);
    // Its events are written, and it stands in the gate before its commit.
    tx.last('select pg_advisory_xact_lock($1)', [gate]);
  });
  await waitFor(
    async () => (await stage.rows(`select from pg_locks where locktype = 'advisory' and not granted and objid = ${gate}`)).length === 1,
    { what: 'the first transaction in the gate' },
  );
  const second = stage.tell('a', 2);
  await stage.tell('c', 1);
  await stage.tell('c', 2);
  await waitFor(async () => (await streamed()).length === 2, { what: 'the events that committed first' });
  await pause(100);
  release();
  await Promise.all([gatekeeper, first, second]);
  await allPublished();
  const order = (await streamed()).map(({ event }) => `${event.subject}${event.data.n}`);
  expect(order.slice(0, 2)).toEqual(['c1', 'c2']);
  expect(order.slice(2).filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2']);
  expect(order).toHaveLength(5);
});

test('an event is published milliseconds after its commit, without waiting for the poll', async () => {
  stage.relay({ pollEvery: 60_000 });
  await stage.tell('warm-up', 1);
  await waitFor(async () => (await streamed()).length === 1, { what: 'the first message' });
  const began = Date.now();
  await stage.tell('r', 1);
  await allPublished();
  expect(Date.now() - began).toBeLessThan(20_000);
});

test('under load from eight writers each event is in the stream once, in order for each subject', async () => {
  stage.relay();
  await stage.load(300);
  await allPublished();
  expectOnceInOrder(
    (await streamed()).map(({ event }) => ({ subject: event.subject, n: event.data.n })),
    300,
  );
});

test('the events of one statement keep their order', async () => {
  stage.relay();
  await stage.data.transaction({ tenantUuid }, (tx) =>
    stage.outbox.addAll(
      tx,
      Array.from({ length: 50 }, (_, index) => ({ type: 'release.updated', subject: 'r', tenantUuid, data: { n: index + 1 } })),
    ),
  );
  await allPublished();
  expectOnceInOrder(
    (await streamed()).map(({ event }) => ({ subject: event.subject, n: event.data.n })),
    50,
  );
});

test('events that depend on a statement are told for the subjects that it gives, in the transaction of its change', async () => {
  const tellOnce = (subjects: string[]) =>
    stage.data.transaction({ tenantUuid }, (tx) =>
      stage.outbox.addWhere(
        tx,
        {
          name: 'told_once',
          text: `insert into inbox (consumer, event_id, stream_seq, stream_time) select 'once', md5(s)::uuid, 0, 0 from unnest($7::text[]) s
                 where s <> 'left-out' on conflict do nothing returning (select s from unnest($7::text[]) s where md5(s)::uuid = event_id) as subject`,
          values: [subjects],
        },
        subjects.flatMap((subject) => [1, 2].map((n) => ({ type: 'release.updated', subject, tenantUuid, data: { n } }))),
      ),
    );
  await tellOnce(['a', 'left-out']);
  await tellOnce(['a', 'b']);
  const told = await stage.rows<{ ordering_key: string }>('select ordering_key from outbox order by id');
  expect(told.map((row) => row.ordering_key)).toEqual(['a', 'a', 'b', 'b']);
});

test('an event told later or for another keeps the span that it is given', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  stage.relay();
  await stage.data.transaction({ tenantUuid }, (tx) =>
    stage.outbox.add(tx, { type: 'release.updated', subject: 'r', tenantUuid, data: { n: 1 }, traceparent }),
  );
  await allPublished();
  expect((await streamed()).map(({ event }) => event.traceparent)).toEqual([traceparent]);
});

test('a publish that JetStream refuses holds back later events of its subject, and goes again by itself', async () => {
  const relay = stage.relay();
  await stage.tell('warm-up', 1);
  await allPublished();
  const limit = async (size: number) => {
    const nats = await connect({ servers: stage.nats.url });
    await (await nats.jetstreamManager()).streams.update(streamName(env), { max_msg_size: size });
    await nats.close();
  };
  await limit(1000);
  await stage.data.transaction({ tenantUuid }, (tx) =>
    stage.outbox.addAll(tx, [
      { type: 'release.updated', subject: 'r', tenantUuid, data: { n: 1, filler: 'x'.repeat(2000) } },
      { type: 'release.updated', subject: 'r', tenantUuid, data: { n: 2 } },
    ]),
  );
  await waitFor(() => relay.health().problem, { what: 'the refusal' });
  await pause(500);
  expect((await streamed()).map(({ event }) => event.subject)).toEqual(['warm-up']);
  await limit(-1);
  await allPublished();
  expect((await streamed()).map(({ event }) => event.data.n)).toEqual([1, 1, 2]);
});

test('an event for another tenant than the transaction is refused', async () => {
  await expect(stage.tell('r', 1, { tenantUuid: crypto.randomUUID() })).rejects.toThrow(/row-level security/);
});

test('an event that NATS could not carry is refused when it is told', async () => {
  await expect(stage.tell('r', 1, { data: { text: 'x'.repeat(300_000) } })).rejects.toThrow('at most 262144');
});

test('published rows are swept when they are old enough, others never', async () => {
  const relay = stage.relay();
  await stage.tell('old', 1);
  await stage.tell('new', 1);
  await allPublished();
  await relay.stop();
  await stage.rows(`update outbox set published_at = now() - interval '25 hours' where ordering_key = 'old'`);
  await stage.tell('unpublished', 1);
  await stage.rows(`update outbox set created_at = now() - interval '30 days' where ordering_key = 'unpublished'`);
  await stage.nats.kill9();
  stage.relay({ sweepEvery: 100 });
  await waitFor(async () => (await stage.rows('select from outbox')).length === 2, { what: 'the sweep' });
  expect(await stage.rows('select ordering_key from outbox order by id')).toEqual([
    { ordering_key: 'new' },
    { ordering_key: 'unpublished' },
  ]);
});

test('the backlog and its age are measured', async () => {
  await stage.tell('r', 1);
  await stage.rows(`update outbox set created_at = now() - interval '90 seconds'`);
  await stage.nats.kill9();
  const relay = stage.relay({ measureEvery: 100 });
  const value = async (name: string) => (await stage.registry.getSingleMetric(name)!.get()).values[0]?.value ?? 0;
  await waitFor(async () => (await value('outbox_lag_seconds')) > 89, { what: 'the lag' });
  expect(await value('outbox_unpublished')).toBe(1);
  expect(relay.health()).toMatchObject({ role: 'leader', publishing: false, problem: expect.stringContaining('CONNECTION_REFUSED') });
  await stage.nats.restart();
  await allPublished();
  await waitFor(async () => (await value('outbox_unpublished')) === 0, { what: 'an empty backlog' });
  expect(relay.health()).toEqual({ role: 'leader', publishing: true, problem: undefined });
});
