import { pause, startPostgres, startProcess, waitFor, type RunningPostgres, type RunningProcess } from '@tonegrid/testing';
import { join } from 'node:path';
import { env, expectOnceInOrder, Stage } from './stage';

let postgres: RunningPostgres;
let stage: Stage;
beforeAll(async () => (postgres = await startPostgres({ own: true })));
afterAll(() => postgres?.stop());
beforeEach(async () => (stage = await Stage.open(postgres)));
afterEach(() => stage?.close());

const progress = async (more: number) => {
  const before = await stage.countHandled();
  await waitFor(async () => (await stage.countHandled()) >= before + more, { timeout: 20_000, what: 'some progress' });
};

test('NATS killed under load, back at once, and again for longer than an election takes: each event is handled once and in order', async () => {
  stage.relay();
  stage.consumer();
  const loading = stage.load(400);
  for (const away of [300, 8500]) {
    await progress(50);
    await stage.nats.kill9();
    await pause(away);
    await stage.nats.restart();
  }
  await loading;
  expectOnceInOrder(await stage.whenHandled(400, 6000), 400);
});

test('PostgreSQL killed and restarted under load: each event is handled once and in order', async () => {
  stage.relay();
  stage.consumer();
  const loading = stage.load(400);
  await progress(50);
  await postgres.kill9();
  await pause(300);
  await postgres.restart();
  await progress(50);
  await loading;
  expectOnceInOrder(await stage.whenHandled(400), 400);
  const [odd] = await stage.rows<{ n: number }>(
    'select count(*)::int as n from outbox full join handled using (event_id) where handled.n is null or id is null',
  );
  expect(odd!.n).toBe(0);
});

test('of two relays one publishes; when it is killed the other takes over at once', async () => {
  const begin = () =>
    startProcess({
      name: 'relay',
      command: [process.execPath, join(__dirname, 'relay-process.js')],
      env: { DATABASE_URL: stage.database.url, NATS_URL: stage.nats.url, TONEGRID_ENV: env },
    });
  stage.consumer();
  const relays = await Promise.all([begin(), begin()]);
  const leads = (relay: RunningProcess) => relay.logs().includes('leading');
  const leader = await waitFor(() => relays.find(leads), { what: 'a leader' });
  const other = relays.find((relay) => relay !== leader)!;
  const loading = stage.load(300);
  await progress(50);
  expect(leads(other)).toBe(false);
  await leader.kill9();
  const killed = Date.now();
  await waitFor(() => leads(other), { what: 'the other relay leading' });
  expect(Date.now() - killed).toBeLessThan(10_000);
  await loading;
  expectOnceInOrder(await stage.whenHandled(300), 300);
  await other.stop();
});
