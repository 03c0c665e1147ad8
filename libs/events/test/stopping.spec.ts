import { pause, startPostgres, waitFor, type RunningPostgres } from '@tonegrid/testing';
import { askForReplay, listDeadLetters } from '../src';
import { openGate, type Gate } from './gate';
import { Stage } from './stage';

let postgres: RunningPostgres;
let stage: Stage;
let gate: Gate;
beforeAll(async () => (postgres = await startPostgres()));
afterAll(() => postgres?.stop());
beforeEach(async () => {
  stage = await Stage.open(postgres);
  gate = await openGate(stage.nats.port);
});
afterEach(async () => {
  await gate?.close();
  await stage?.close();
});

const within = <T>(milliseconds: number, work: Promise<T>) =>
  Promise.race([work, pause(milliseconds).then(() => Promise.reject(new Error(`not over in ${milliseconds} ms`)))]);

// The listener for the end was put up after the connection stood: an end that came before was never heard of.
test.each(['relay', 'consumer'] as const)('a %s told to stop while it connects stops once the connection stands', async (kind) => {
  gate.hold();
  const part = stage[kind]({ nats: { servers: gate.url } });
  await waitFor(() => gate.connections() > 0, { what: 'its connection' });
  const stopped = part.stop();
  gate.release();
  await within(4000, stopped);
  expect(part.health().role).toBe('stopped');
});

test('a consumer that handles many dead letters again stops after the one at hand', async () => {
  stage.relay();
  let broken = true;
  let again = 0;
  const consumer = stage.consumer({
    retry: { attempts: 1, first: 10, most: 10 },
    replayEvery: 50,
    async handle() {
      if (broken) throw new Error('broken');
      again++;
      await pause(500);
    },
  });
  for (let n = 1; n <= 20; n++) await stage.tell(`r${n}`, n);
  await waitFor(async () => (await listDeadLetters(stage.data)).length === 20, { what: 'twenty dead letters' });
  broken = false;
  await askForReplay(stage.data, 'all');
  await waitFor(() => again === 1, { what: 'the first of them' });
  await consumer.stop();
  expect(again).toBeLessThanOrEqual(2);
});

test('a relay whose connection is lost before it listens does not count as leading', async () => {
  const before = await openGate(Number(new URL(stage.database.url).port));
  try {
    const url = new URL(stage.database.url);
    url.port = new URL(before.url).port;
    const relay = stage.relay({ databaseUrl: url.href });
    await waitFor(
      () => {
        // It has asked for the settings of its connection, and gets no answer: cut there.
        if (!before.said().includes('enable_seqscan')) return false;
        before.cut();
        return true;
      },
      { interval: 1, what: 'its first statement as leader' },
    );
    before.hold();
    await pause(300);
    expect([relay.health().role, relay.wake()]).toEqual(['standby', false]);
    before.release();
    await waitFor(() => relay.health().publishing, { what: 'its return' });
    await relay.stop();
  } finally {
    await before.close();
  }
});

// The NATS client never settles a flush that waits for its answer when the connection ends for good.
test('a consumer whose connection ends while it gives back what it has not handled stops', async () => {
  stage.relay();
  const consumer = stage.consumer({ nats: { servers: gate.url } });
  await stage.tell('r', 1);
  await stage.whenHandled(1);
  gate.hold();
  const pings = () => gate.said().split('PING\r\n').length;
  const before = pings();
  const stopped = consumer.stop();
  await waitFor(() => pings() > before, { what: 'its farewell' });
  gate.cut();
  await within(4000, stopped);
});
