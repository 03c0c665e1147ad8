import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CatalogService } from '@tonegrid/contracts';
import { subjectOf } from '@tonegrid/events';
import { rpcClient } from '@tonegrid/rpc';
import { freePort, startNats, startPostgres, startProcess, waitFor } from '@tonegrid/testing';
import { connect } from 'nats';
import { eclipse, upload, wav } from './fixtures';
import { newCaller } from './start-catalog';

const main = join(__dirname, '../src/main.js');
const internalToken = 'a token that only this suite knows, 32 and more';

test('refuses to start without its variables, and names them', async () => {
  const run = await startProcess({ name: 'catalog', command: [process.execPath, main], env: { TONEGRID_ENV: 'sandbox', UPC_PREFIX: 'x' } });
  expect(await run.exited).toBe(78);
  await waitFor(() => run.logs().includes('UPC_PREFIX: must be 1 to 9 digits'));
  for (const name of ['STORAGE_URL', 'DSPS_FILE', 'PUBLIC_URL', 'DATABASE_URL', 'NATS_URL', 'INTERNAL_TOKEN'])
    expect(run.logs()).toContain(`${name} is required`);
  await run.stop();
});

test('serves, tells what happens over JetStream, and checks after a kill -9 what was uploaded before it', async () => {
  const [postgres, nats, storage] = await Promise.all([startPostgres(), startNats(), mkdtemp(join(tmpdir(), 'catalog-process-'))]);
  const database = await postgres.createDatabase('catalog_process');
  const grpc = await freePort();
  const admin = await freePort();
  const start = () =>
    startProcess({
      name: 'catalog',
      command: [process.execPath, main],
      ready: `http://127.0.0.1:${admin}/readyz`,
      env: {
        TONEGRID_ENV: 'sandbox',
        GRPC_HOST: '127.0.0.1',
        GRPC_PORT: String(grpc),
        ADMIN_HOST: '127.0.0.1',
        ADMIN_PORT: String(admin),
        INTERNAL_TOKEN: internalToken,
        ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
        DATABASE_URL: database.url,
        MIGRATION_DATABASE_URL: database.migrationUrl,
        MIGRATE_ON_START: 'true',
        NATS_URL: nats.url,
        STORAGE_URL: `file://${storage}`,
        DSPS_FILE: join(__dirname, '../../../../deploy/dsps.yaml'),
        PUBLIC_URL: 'http://127.0.0.1:8080/api',
      },
    });
  let service = await start();
  const client = rpcClient(CatalogService, { address: `127.0.0.1:${grpc}`, internalToken });
  const listener = await connect({ servers: nats.url });
  try {
    const heard: string[] = [];
    const seen = new Set<string>();
    const subscription = listener.subscribe(subjectOf('sandbox', '>'));
    void (async () => {
      for await (const message of subscription) {
        // At least once: after the kill, the relay may publish again what it had published and not yet marked.
        const { id, type } = message.json<{ id: string; type: string }>();
        if (!seen.has(id)) heard.push(type);
        seen.add(id);
      }
    })();
    await listener.flush();
    const caller = newCaller();
    const { release } = await client.createRelease(caller, eclipse);
    const { track } = await client.createTrack(caller, { uuid: release!.uuid, title: 'Eclipse', position: 1, explicit: false });
    await waitFor(() => heard.includes('release.updated'));
    await client.uploadTrackAudio(caller, upload(track!.uuid, wav({ seconds: 30 })));
    await service.kill9();
    service = await start();
    await waitFor(async () => (await client.getTrack(caller, { uuid: track!.uuid })).track?.audioStatus === 3, {
      timeout: 40_000,
      what: 'audio checked after the kill',
    });
    await waitFor(() => heard.includes('track.audio.processed'));
    expect(heard).toEqual(['release.created', 'release.updated', 'release.updated', 'track.audio.processed']);
  } finally {
    client.close();
    await listener.close();
    expect(await service.stop()).toBe(0);
    await Promise.all([nats.stop(), postgres.stop(), rm(storage, { recursive: true, force: true })]);
  }
});
