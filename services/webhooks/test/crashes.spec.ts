import { waitFor } from '@tonegrid/testing';
import { v4 as uuidv4 } from 'uuid';
import type { WebhookDelivery } from '@tonegrid/contracts';
import { newCaller, Sandbox } from './sandbox';
import { answerAfter, type Subscriber } from './subscriber';

// An attempt without an outcome is taken for interrupted after four and a half seconds.
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.start({ env: { WEBHOOK_TIMEOUT_MS: '4000', WEBHOOK_LEASE_MARGIN_MS: '500' }, own: true });
});
afterAll(() => sandbox?.stop());

/** What must hold of a log however the service died: each event succeeded once, and each request that came is an attempt of the log. */
function expectConsistent(log: WebhookDelivery[], told: string[], { receipts }: Subscriber) {
  expect([...new Set(log.map(({ eventId }) => eventId))].sort()).toEqual([...told].sort());
  for (const eventId of told) {
    const attempts = log.filter((attempt) => attempt.eventId === eventId);
    expect(attempts.map(({ status }) => status)).toEqual([...attempts.slice(1).map(() => 'failed'), 'succeeded']);
    for (const attempt of attempts.slice(0, -1))
      expect(attempt.errorMessage).toBe('The sender was interrupted before it knew the outcome.');
    // An interruption is no failure of the subscriber's: not counted as a retry.
    expect(attempts.map(({ retryCount }) => retryCount)).toEqual(attempts.map(() => 0));
  }
  const ids = receipts.map(({ deliveryId }) => deliveryId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { deliveryId, eventId } of receipts) expect(log.find(({ id }) => id === deliveryId)?.eventId).toBe(eventId);
  expect(new Set(receipts.map(({ eventId }) => eventId)).size).toBe(told.length);
}

test('killed with -9 in the middle of sending: every event arrives, and the log says what became of each attempt', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber(answerAfter(150));
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  const releases = Array.from({ length: 10 }, () => uuidv4());
  const told: string[] = [];
  for (const subject of releases)
    told.push(
      ...(await sandbox.tellAll(
        caller,
        ['release.created', 'release.updated', 'release.submitted'].map((type) => ({ type, subject })),
      )),
    );
  await subscriber.received(4);
  await sandbox.services[0]!.kill9();
  await sandbox.startService();
  const log = await sandbox.settled(caller, uuid);
  await waitFor(() => subscriber.events().length === told.length, { timeout: 30_000, what: 'every event' });
  const settled = await sandbox.settled(caller, uuid);
  expect(settled.length).toBeGreaterThanOrEqual(log.length);
  expectConsistent(settled, told, subscriber);
  // What was interrupted comes first again: a release's events have kept their order.
  releases.forEach((_, n) => {
    const own = told.slice(3 * n, 3 * n + 3);
    expect(subscriber.events().filter((id) => own.includes(id))).toEqual(own);
  });
});

test('asked to stop in the middle of sending: what is under way is finished, and nothing comes twice', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber(answerAfter(300));
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  const told = await sandbox.tellAll(
    caller,
    Array.from({ length: 12 }, () => ({})),
  );
  await subscriber.received(1);
  expect(await sandbox.services[0]!.stop()).toBe(0);
  await sandbox.startService();
  await waitFor(() => subscriber.events().length === 12, { timeout: 30_000, what: 'every event' });
  const log = await sandbox.settled(caller, uuid);
  expect(log.map(({ status }) => status)).toEqual(told.map(() => 'succeeded'));
  expectConsistent(log, told, subscriber);
});

test('two processes at once share the work and send nothing twice; if one dies, the other goes on', async () => {
  const caller = newCaller();
  const second = await sandbox.startService();
  const subscriber = await sandbox.subscriber(answerAfter(20));
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  const subjects = Array.from({ length: 15 }, () => uuidv4());
  const told: string[] = [];
  for (const subject of subjects)
    told.push(
      ...(await sandbox.tellAll(
        caller,
        ['created', 'updated', 'submitted', 'approved'].map((word) => ({ type: `release.${word}`, subject })),
      )),
    );
  await waitFor(() => subscriber.events().length === told.length, { timeout: 30_000, what: 'every event' });
  const log = await sandbox.settled(caller, uuid);
  expect(log.map(({ status }) => status)).toEqual(told.map(() => 'succeeded'));
  expectConsistent(log, told, subscriber);
  subjects.forEach((_, n) => {
    const own = told.slice(4 * n, 4 * n + 4);
    expect(subscriber.events().filter((id) => own.includes(id))).toEqual(own);
  });

  await sandbox.services[0]!.kill9();
  expect(sandbox.services).toEqual([second]);
  const later = await sandbox.tell(caller);
  await waitFor(() => subscriber.events().includes(later), { timeout: 30_000, what: 'an event after the death of one' });
});

test('PostgreSQL and NATS are killed and come back while events are told and sent: every event arrives', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber(answerAfter(30));
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  const told: string[] = [];
  const tell = async () => void told.push(await sandbox.tell(caller));
  for (let n = 0; n < 5; n += 1) await tell();
  await subscriber.received(1);
  await sandbox.nats.kill9();
  for (let n = 0; n < 5; n += 1) await tell();
  await sandbox.nats.restart();
  await waitFor(() => subscriber.events().length === 10, { timeout: 30_000, what: 'what was told while NATS was away' });

  const more = Array.from({ length: 5 }, () => ({}));
  told.push(...(await sandbox.tellAll(caller, more)));
  await subscriber.received(11);
  await sandbox.postgres.kill9();
  await sandbox.postgres.restart();
  const telling = async () => {
    await tell();
    return true;
  };
  await waitFor(telling, { timeout: 30_000, what: 'a first event after PostgreSQL came back' });
  await waitFor(() => told.every((id) => subscriber.events().includes(id)), { timeout: 30_000, what: 'every event' });
  const log = await waitFor(() => sandbox.settled(caller, uuid), { timeout: 30_000, what: 'the log' });
  for (const eventId of told) expect(log.filter((each) => each.eventId === eventId).at(-1)!.status).toBe('succeeded');
});
