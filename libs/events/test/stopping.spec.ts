import { pause, startPostgres, waitFor, type RunningPostgres } from '@tonegrid/testing';
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
