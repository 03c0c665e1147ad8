import { Refused } from '@tonegrid/errors';
import type { Caller } from '@tonegrid/rpc';
import { pause, waitFor } from '@tonegrid/testing';
import type { PlayedRelease } from './played-peers';
import { refusal, startSandbox, type Sandbox } from './sandbox';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ ownPostgres: true, delivery: { DATABASE_POOL_SIZE: '2' } });
});
afterAll(() => sandbox?.stop());

/** Lets the catalogue take its time until the answer is called. */
function holdPreparing(): () => void {
  let release!: () => void;
  sandbox.peers.holdPreparing = new Promise((resolve) => (release = resolve));
  return () => {
    sandbox.peers.holdPreparing = undefined;
    release();
  };
}

/** Within ten seconds, or the test fails. */
const soon = <T>(work: Promise<T>): Promise<T> =>
  Promise.race([work, pause(10_000).then(() => Promise.reject(new Error('no answer in 10 s')))]);

const newRelease = async (changes: Partial<PlayedRelease> = {}) => {
  const caller = sandbox.newCaller();
  return { caller, release: await sandbox.peers.newRelease(caller.tenantUuid, changes) };
};

describe('while the catalogue takes its time', () => {
  it('deliveries that wait for it hold no connection to the database', async () => {
    const { caller, release } = await newRelease();
    const other = await newRelease();
    const letGo = holdPreparing();
    const before = sandbox.peers.asked;
    const ordered = [
      sandbox.client.deliverToAll(caller, { uuid: release.uuid }),
      sandbox.client.deliverToAll(other.caller, { uuid: other.release.uuid }),
    ];
    try {
      await waitFor(() => sandbox.peers.asked === before + 2, { what: 'both being asked for' });
      const { data } = await soon(sandbox.client.listDeliveries(caller, { uuid: release.uuid }));
      expect(data!.deliveries.map(({ status }) => status)).toEqual(['pending']);
    } finally {
      letGo();
    }
    for (const { data } of await Promise.all(ordered)) expect(data!.queued).toHaveLength(1);
  });

  it('an answered key is answered from the store, and the catalogue is not asked again', async () => {
    const { caller, release } = await newRelease({ approved: false });
    const keyed = (key: string): Caller => ({
      ...caller,
      idempotency: { key, route: 'POST /releases/{uuid}/ddex/deliver', bodyHash: 'x' },
      answer: { replayed: false },
    });
    const { uuid } = release;
    const refused = { code: 'release.not_approved' };
    expect(await refusal(sandbox.client.deliverToAll(keyed('a'), { uuid }))).toMatchObject(refused);
    release.approved = true;
    const answer = await sandbox.client.deliverToAll(keyed('b'), { uuid });
    const letGo = holdPreparing();
    const { asked } = sandbox.peers;
    try {
      // The refusal was stored as well as the answer.
      const again = keyed('a');
      expect(await refusal(soon(sandbox.client.deliverToAll(again, { uuid })))).toMatchObject(refused);
      expect(await soon(sandbox.client.deliverToAll(keyed('b'), { uuid }))).toEqual(answer);
    } finally {
      letGo();
    }
    expect(sandbox.peers.asked).toBe(asked);
  });
});

it('a message that has killed its worker too often is given up without an upload', async () => {
  const { caller, release } = await newRelease();
  sandbox.peers.refuseRendering = new Refused('service.unavailable');
  await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
  await sandbox.data.system((tx) =>
    tx.query(`update messages set attempts = 99 where release_uuid = $1 and state = 'queued'`, [release.uuid]),
  );
  sandbox.peers.refuseRendering = undefined;
  await waitFor(async () => (await sandbox.told(release)).length === 2, { what: 'an end' });
  expect(await sandbox.told(release)).toEqual(['spotify.submitted', 'spotify.failed']);
  expect((await sandbox.events(release)).at(-1)!.data['reason']).toMatch(/^Given up: /);
  expect(await sandbox.received(release)).toEqual([]);
});

it('asked to stop, it takes no more messages while calls come to their end', async () => {
  const { caller, release } = await newRelease();
  const other = await newRelease();
  sandbox.peers.refuseRendering = new Refused('service.unavailable');
  await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
  await waitFor(
    async () =>
      (
        await sandbox.data.system((tx) =>
          tx.query(
            `update messages set next_attempt_at = now() + interval '1 hour' where release_uuid = $1 and lease_owner is null returning 1`,
            [release.uuid],
          ),
        )
      ).length === 1,
    { what: 'the message at rest' },
  );
  sandbox.peers.refuseRendering = undefined;
  const letGo = holdPreparing();
  const { asked } = sandbox.peers;
  const call = sandbox.client.deliverToAll(other.caller, { uuid: other.release.uuid });
  try {
    await waitFor(() => sandbox.peers.asked === asked + 1, { what: 'the call under way' });
    process.kill(sandbox.delivery.pid, 'SIGTERM');
    await waitFor(() => sandbox.delivery.lines().some(({ msg }) => msg === 'stopping'), { what: 'the signal being heard' });
    await sandbox.data.system((tx) => tx.query('update messages set next_attempt_at = now() where release_uuid = $1', [release.uuid]));
    // Twice as long as it takes between two looks for work.
    await pause(2_000);
    expect(await sandbox.told(release)).toEqual(['spotify.submitted']);
    expect(sandbox.folders('spotify').filter((name) => name.includes(release.upc))).toEqual([]);
  } finally {
    letGo();
  }
  expect((await call).data!.queued).toHaveLength(1);
  expect(await sandbox.delivery.exited).toBe(0);
  await sandbox.startDelivery();
  await sandbox.reached(caller, release, 'spotify', 'live');
});

it('without its database it still shows metrics', async () => {
  const metrics = async () => {
    const answer = await fetch(`${sandbox.admin}/metrics`);
    return { status: answer.status, text: await answer.text() };
  };
  expect((await metrics()).status).toBe(200);
  await sandbox.postgres.kill9();
  const { status, text } = await metrics();
  expect([status, text.includes('delivery_attempts_total{')]).toEqual([200, true]);
});
