import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pause, waitFor } from '@tonegrid/testing';
import type { PlayedRelease } from './played-peers';
import { startSandbox, type Sandbox } from './sandbox';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox?.stop());

const upload = () => join(sandbox.simulatorData, 'sftp/spotify/upload');
const foldersOf = (release: PlayedRelease) => sandbox.folders('spotify').filter((name) => name.includes(release.upc));
const manifestsIn = (folder: string) => readdirSync(join(upload(), folder)).filter((name) => name.startsWith('BatchComplete'));

/** Exactly one of everything, seen from both ends. */
async function expectOnce(release: PlayedRelease) {
  const received = await sandbox.received(release);
  expect(received.map(({ fault, duplicates }) => ({ fault, duplicates }))).toEqual([{ fault: null, duplicates: 0 }]);
  const folders = foldersOf(release);
  expect(folders).toHaveLength(1);
  expect(manifestsIn(folders[0]!)).toHaveLength(1);
  expect(await sandbox.told(release)).toEqual(['spotify.submitted', 'spotify.accepted', 'spotify.live']);
}

describe('the worker is killed with -9', () => {
  it('in the middle of a file: another one goes on in the same folder', async () => {
    const caller = sandbox.newCaller();
    const release = await sandbox.peers.newRelease(caller.tenantUuid, { seconds: 60 });
    await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
    await waitFor(
      () => {
        const [folder] = foldersOf(release);
        const resources = folder && join(upload(), folder, 'resources');
        return (
          resources &&
          existsSync(resources) &&
          readdirSync(resources).some((name) => name.endsWith('.part') && statSync(join(resources, name)).size > 100_000)
        );
      },
      { interval: 1, what: 'half of a file' },
    );
    await sandbox.delivery.kill9();
    const [folder] = foldersOf(release);
    expect(manifestsIn(folder!)).toEqual([]);
    await sandbox.startDelivery();
    await sandbox.reached(caller, release, 'spotify', 'live');
    await expectOnce(release);
    expect(sandbox.peers.rendered.filter((id) => id === sandbox.peers.rendered.at(-1))).toHaveLength(1);
  });

  it('at any other moment: in the end there is one of everything', async () => {
    const caller = sandbox.newCaller();
    const releases: PlayedRelease[] = [];
    // One kill meets deliveries of every age: just queued, being rendered, being uploaded, complete, acknowledged.
    for (const last of [0, 25]) {
      for (const wait of [160, 100, 60, 40, 20, last]) {
        const release = await sandbox.peers.newRelease(caller.tenantUuid);
        releases.push(release);
        await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
        await pause(wait);
      }
      await sandbox.delivery.kill9();
      await sandbox.startDelivery();
    }
    for (const release of releases) await sandbox.reached(caller, release, 'spotify', 'live');
    for (const release of releases) await expectOnce(release);
  });
});

it('a worker that is asked to stop finishes its upload', async () => {
  const caller = sandbox.newCaller();
  const release = await sandbox.peers.newRelease(caller.tenantUuid, { seconds: 60 });
  await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
  await waitFor(() => foldersOf(release).length === 1, { interval: 1, what: 'the folder' });
  expect(await sandbox.delivery.stop()).toBe(0);
  expect(manifestsIn(foldersOf(release)[0]!)).toHaveLength(1);
  await sandbox.startDelivery();
  await sandbox.reached(caller, release, 'spotify', 'live');
  await expectOnce(release);
});

it('a DSP that is away delays its own deliveries and no others', async () => {
  const caller = sandbox.newCaller();
  await sandbox.simulator.kill9();
  const away = await Promise.all([1, 2, 3].map(() => sandbox.peers.newRelease(caller.tenantUuid)));
  for (const release of away) await sandbox.client.deliverToAll(caller, { uuid: release.uuid });
  await pause(300);
  await sandbox.startSimulator();
  const other = await sandbox.peers.newRelease(caller.tenantUuid, { dsps: ['tidal'] });
  await sandbox.client.deliverToAll(caller, { uuid: other.uuid });
  await sandbox.reached(caller, other, 'tidal', 'live');
  for (const release of away) {
    await waitFor(async () => ['live', 'error'].includes((await sandbox.status(caller, release, 'spotify'))!), {
      timeout: 15_000,
      what: 'an end',
    });
    const told = await sandbox.told(release);
    expect([
      ['spotify.submitted', 'spotify.accepted', 'spotify.live'],
      ['spotify.submitted', 'spotify.failed'],
    ]).toContainEqual(told);
  }
});
