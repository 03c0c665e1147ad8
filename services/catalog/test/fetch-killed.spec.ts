import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioStatus, CatalogService } from '@tonegrid/contracts';
import { openData } from '@tonegrid/data';
import { subjectOf } from '@tonegrid/events';
import { rpcClient } from '@tonegrid/rpc';
import { freePort, startNats, startPostgres, startProcess, waitFor } from '@tonegrid/testing';
import { connect } from 'nats';
import { v4 } from 'uuid';
import { migrations } from '../src/migrations';
import { half, inTurn, startFileServer, whole } from './file-server';
import { wav } from './fixtures';
import { newCaller } from './start-catalog';

const main = join(__dirname, '../src/main.js');
const internalToken = 'a token that only this suite knows, 32 and more';

test('a download is ended by a stop and begun anew, and after a kill -9 in its middle the file comes once', async () => {
  const [postgres, nats, storage, files] = await Promise.all([
    startPostgres(),
    startNats(),
    mkdtemp(join(tmpdir(), 'catalog-fetch-')),
    startFileServer(),
  ]);
  const database = await postgres.createDatabase('catalog_fetch');
  const [grpc, admin] = [await freePort(), await freePort()];
  const env = {
    TONEGRID_ENV: 'sandbox',
    ALLOW_PRIVATE_ADDRESSES: 'true',
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
  };
  const start = () => startProcess({ name: 'catalog', command: [process.execPath, main], ready: `http://127.0.0.1:${admin}/readyz`, env });
  let service = await start();
  const client = rpcClient(CatalogService, { address: `127.0.0.1:${grpc}`, internalToken });
  const data = await openData({ url: database.url, migrations, poolSize: 2 });
  const listener = await connect({ servers: nats.url });
  try {
    const heard = new Map<string, string>();
    const subscription = listener.subscribe(subjectOf('sandbox', '>'));
    void (async () => {
      for await (const message of subscription) {
        const { id, type } = message.json<{ id: string; type: string }>();
        heard.set(id, type);
      }
    })();
    await listener.flush();
    const file = wav({ seconds: 1 });
    let [begun, ended] = [0, 0];
    const stuck = half(
      file,
      () => (begun += 1),
      () => (ended += 1),
    );
    files.files.set('/a.wav', inTurn(stuck, stuck, whole(file)));
    const caller = newCaller();
    const draft = { title: 'Fetched', type: 1, tracks: [{ title: 'One', audioUrl: `${files.url}/a.wav?X-Amz-Signature=secret` }] };
    const { release } = await client.createReleaseTree(caller, { draft, ingestionJobUuid: v4(), source: 'rest_json' });
    const [track] = release!.tracks;
    await waitFor(() => begun === 1, { what: 'the first download' });
    expect(await service.stop()).toBe(0);
    expect(service.logs()).not.toContain('Signature');
    await waitFor(() => ended === 1, { what: 'the end of the first download' });

    service = await start();
    await waitFor(() => begun === 2, { what: 'the second download' });
    await service.kill9();
    service = await start();
    const uuid = track!.uuid;
    await waitFor(async () => (await client.getTrack(caller, { uuid })).track?.audioStatus === AudioStatus.PROCESSED, {
      timeout: 60_000,
      what: 'audio fetched and checked after the kill',
    });
    await waitFor(() => [...heard.values()].includes('track.audio.processed'), { what: 'the event' });
    expect([...heard.values()].filter((type) => type !== 'audit.action')).toEqual([
      'release.created',
      'release.updated',
      'track.audio.processed',
    ]);
    const rows = await data.system((tx) =>
      tx.batch(['assets', 'file_fetches', 'audio_jobs'].map((table) => ({ text: `select * from ${table}` }))),
    );
    expect(rows.map((all) => all.length)).toEqual([1, 0, 0]);
    expect(await readdir(join(storage, 'audio'))).toHaveLength(1);
    expect(files.asked).toHaveLength(3);
  } finally {
    client.close();
    await listener.close();
    await data.close();
    expect(await service.stop()).toBe(0);
    await Promise.all([nats.stop(), postgres.stop(), files.close(), rm(storage, { recursive: true, force: true })]);
  }
});
