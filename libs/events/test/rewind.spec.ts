import { startPostgres, waitFor, type RunningPostgres } from '@tonegrid/testing';
import { connect } from 'nats';
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { streamName } from '../src';
import { bySubject, env, expectOnceInOrder, Stage, tenantUuid } from './stage';

// A loss of power is played by putting an older copy of NATS' files back: what it acknowledged since then is gone.
let postgres: RunningPostgres;
let stage: Stage;
let copy: string;
beforeAll(async () => (postgres = await startPostgres()));
afterAll(() => postgres?.stop());
beforeEach(async () => {
  stage = await Stage.open(postgres);
  copy = `${stage.nats.store}-copy`;
});
afterEach(() => stage?.close());

const folder = (root: string, name: string): string => {
  for (const entry of readdirSync(root)) {
    const path = join(root, entry);
    if (!statSync(path).isDirectory()) continue;
    if (entry === name) return path;
    const below = folder(path, name);
    if (below) return below;
  }
  return '';
};

async function copyStore(): Promise<void> {
  await stage.rest();
  await stage.nats.kill9();
  cpSync(stage.nats.store, copy, { recursive: true });
  await stage.nats.restart();
}

/** NATS loses power; its consumers' state is on disk if `consumersAhead`. */
async function losePower(consumersAhead: boolean): Promise<void> {
  await stage.nats.kill9();
  const kept = `${stage.nats.store}-obs`;
  if (consumersAhead) cpSync(folder(stage.nats.store, 'obs'), kept, { recursive: true });
  rmSync(stage.nats.store, { recursive: true });
  cpSync(copy, stage.nats.store, { recursive: true });
  if (consumersAhead) {
    const obs = folder(stage.nats.store, 'obs');
    rmSync(obs, { recursive: true });
    cpSync(kept, obs, { recursive: true });
  }
  await stage.nats.restart();
}

const withStream = async <T>(
  work: (jsm: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['jetstreamManager']>>) => Promise<T>,
): Promise<T> => {
  const nats = await connect({ servers: stage.nats.url });
  try {
    return await work(await nats.jetstreamManager());
  } finally {
    await nats.close();
  }
};

/** Ids of all messages in the stream. */
const streamed = () =>
  withStream(async (jsm) => {
    const { state } = await jsm.streams.info(streamName(env));
    const ids = new Set<string>();
    for (let seq = state.first_seq; seq <= state.last_seq; seq++)
      ids.add((await jsm.streams.getMessage(streamName(env), { seq })).header.get('Nats-Msg-Id'));
    return ids;
  });

const allStreamed = async () => {
  await waitFor(
    async () => {
      const ids = await streamed();
      return (await stage.rows<{ event_id: string }>('select event_id from outbox')).every(({ event_id }) => ids.has(event_id));
    },
    { what: 'all events in the stream' },
  );
};

test.each([
  ['the whole of NATS went back', false],
  ['the stream went back and the position of its consumers did not', true],
])('%s while relay and consumer run: each event is in the stream again and handled once', async (_, consumersAhead) => {
  stage.relay();
  stage.consumer();
  await stage.load(60);
  await stage.whenHandled(60);
  await copyStore();
  stage.relay();
  stage.consumer();
  await stage.load(80);
  await stage.whenHandled(140);
  await losePower(consumersAhead);
  await stage.load(60);
  expectOnceInOrder(await stage.whenHandled(200), 200);
  await allStreamed();
});

test('events that were acknowledged and not yet handled when the stream went back are handled, before later ones of their subjects', async () => {
  stage.relay();
  stage.consumer();
  await stage.load(20);
  await stage.whenHandled(20);
  await copyStore();
  const relay = stage.relay();
  await stage.load(80);
  await waitFor(async () => (await stage.rows('select from outbox where published_at is null')).length === 0, { what: 'all published' });
  await relay.stop();
  await losePower(true);
  await stage.load(50);
  stage.relay();
  stage.consumer();
  expectOnceInOrder(await stage.whenHandled(150), 150);
  await allStreamed();
});

test('new messages of others have filled the gap: the consumer handles them, and what was lost', async () => {
  stage.relay();
  stage.consumer();
  await stage.load(30);
  await stage.whenHandled(30);
  await copyStore();
  stage.relay();
  stage.consumer();
  await stage.load(40);
  await stage.whenHandled(70);
  await stage.rest();
  await losePower(true);
  // Another service's relay was faster: its events have the sequences that ours had, and more.
  const foreign = Array.from({ length: 60 }, () => crypto.randomUUID());
  const nats = await connect({ servers: stage.nats.url });
  for (const [index, id] of foreign.entries()) {
    const event = {
      specversion: '1.0',
      id,
      source: '/tonegrid/other',
      type: 'release.updated',
      subject: 'foreign',
      time: new Date(),
      tenantuuid: tenantUuid,
      data: { n: index + 1 },
    };
    await nats.jetstream().publish(`tonegrid.${env}.release.updated`, JSON.stringify(event), { msgID: id });
  }
  await nats.close();
  stage.relay();
  stage.consumer();
  await stage.load(30);
  expectOnceInOrder(await stage.whenHandled(160), 160);
  expect(bySubject(await stage.handled())['foreign']).toHaveLength(60);
  await allStreamed();
});

test('the stream was deleted while relay and consumer run: all that is kept is published again, and handled once', async () => {
  stage.relay();
  stage.consumer();
  await stage.load(60);
  await stage.whenHandled(60);
  await withStream((jsm) => jsm.streams.delete(streamName(env)));
  await stage.load(40);
  expectOnceInOrder(await stage.whenHandled(100), 100);
  await allStreamed();
});

test('messages vanish without a lost connection: the samples find it', async () => {
  stage.relay({ sampleEvery: 200 });
  await stage.load(40);
  await waitFor(async () => (await stage.rows('select from outbox where published_at is null')).length === 0, { what: 'all published' });
  // The server that went on knows the ids still, so a stream without duplicate window plays one that forgot them.
  await withStream(async (jsm) => {
    const { config } = await jsm.streams.info(streamName(env));
    await jsm.streams.delete(streamName(env));
    await jsm.streams.add(config);
  });
  await allStreamed();
});
