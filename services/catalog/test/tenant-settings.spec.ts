import { Consumer, ensureStream, subjectOf } from '@tonegrid/events';
import { logger, metrics, type Caller } from '@tonegrid/rpc';
import { handlerOptionsOf } from '@tonegrid/service';
import { startNats, waitFor, type RunningNats } from '@tonegrid/testing';
import { connect, type NatsConnection } from 'nats';
import { v4 } from 'uuid';
import { OnTenantSettings } from '../src/events/on-tenant-settings';
import { bareRelease, readyRelease } from './fixtures';
import { newCaller, refusal, startCatalog, withKey, type Catalog } from './start-catalog';

let catalog: Catalog;
let nats: RunningNats;
let consumer: Consumer;
let connection: NatsConnection;

const nothing = {
  default_dsps: [] as string[],
  sobo_party_dpid: null,
  sobo_party_name: null,
  isrc_prefix: null,
  upc_range_start: null,
  upc_range_end: null,
};
const year = new Date().getUTCFullYear() % 100;

/** Publishes as identity's relay does; answers the message, to be sent again. */
async function tell(tenant: string, settings: object, by = tenant): Promise<string> {
  const text = JSON.stringify({
    specversion: '1.0',
    id: v4(),
    source: '/tonegrid/identity',
    type: 'tenant.settings_updated',
    subject: tenant,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantuuid: by,
    data: { tenant_uuid: tenant, ...nothing, ...settings },
  });
  await connection.jetstream().publish(subjectOf('sandbox', 'tenant.settings_updated'), text);
  return text;
}

const stored = async (tenant: string) =>
  (await catalog.all<{ default_dsps: string[] }>('select * from tenant_settings where tenant_uuid = $1', [tenant]))[0];

/** A member of a new tenant that has set this. */
async function tenantWith(settings: object): Promise<Caller> {
  const caller = newCaller();
  await tell(caller.tenantUuid, settings);
  await waitFor(async () => (await stored(caller.tenantUuid)) !== undefined, { timeout: 20_000, what: 'the settings' });
  return caller;
}

const ingest = async (caller: Caller, draft: object = {}) =>
  (
    await catalog.client.createReleaseTree(caller, {
      draft: { title: 'x', type: 1, tracks: [{ title: 'a' }, { title: 'b' }], ...draft },
      ingestionJobUuid: v4(),
      source: 'rest_json',
    })
  ).release!;
const dspsOf = async (caller: Caller, uuid: string) =>
  (await catalog.client.listReleaseDsps(caller, { uuid })).data.map(({ slug }) => slug);

beforeAll(async () => {
  [catalog, nats] = await Promise.all([startCatalog(), startNats()]);
  connection = await connect({ servers: nats.url });
  await ensureStream(await connection.jetstreamManager(), 'sandbox');
  const handler = catalog.app.get(OnTenantSettings);
  consumer = new Consumer(
    {
      data: catalog.data,
      databaseUrl: catalog.databaseUrl,
      nats: { servers: nats.url },
      env: 'sandbox',
      log: logger,
      registry: metrics.registry,
    },
    { ...handlerOptionsOf(OnTenantSettings)!, handle: (tx, event) => handler.handle(tx, event) },
  );
  consumer.start();
}, 120_000);

afterAll(async () => {
  await consumer?.stop();
  await connection?.close();
  await Promise.all([catalog?.stop(), nats?.stop()]);
});

describe('what identity tells', () => {
  test('is kept as it was told last, also by a tenant above, and counts once', async () => {
    const { tenantUuid } = newCaller();
    const first = await tell(tenantUuid, { default_dsps: ['spotify'] });
    await tell(tenantUuid, { default_dsps: ['deezer'] }, newCaller().tenantUuid);
    await waitFor(async () => (await stored(tenantUuid))?.default_dsps[0] === 'deezer', { timeout: 20_000, what: 'the second' });
    await connection.jetstream().publish(subjectOf('sandbox', 'tenant.settings_updated'), first);
    const { tenantUuid: after } = await tenantWith({ default_dsps: ['tidal'] });
    expect([(await stored(tenantUuid))?.default_dsps, (await stored(after))?.default_dsps]).toEqual([['deezer'], ['tidal']]);
  });
});

describe('default DSPs', () => {
  test('are attached to a release that names none, however it is made; those that this deployment does not have are left out', async () => {
    const caller = await tenantWith({ default_dsps: ['spotify', 'applemusic', 'gramophone'] });
    const made = await bareRelease(catalog, caller);
    expect((await dspsOf(caller, made.uuid)).sort()).toEqual(['applemusic', 'spotify']);
    expect((await dspsOf(caller, (await ingest(caller)).uuid)).sort()).toEqual(['applemusic', 'spotify']);
  });

  test('do not stand beside those that it names, and are nobody else’s', async () => {
    const caller = await tenantWith({ default_dsps: ['spotify'] });
    expect(await dspsOf(caller, (await ingest(caller, { dsps: ['deezer'] })).uuid)).toEqual(['deezer']);
    const other = newCaller();
    expect(await dspsOf(other, (await bareRelease(catalog, other)).uuid)).toEqual([]);
  });
});

describe('the tenant’s own numbers', () => {
  test('ISRCs have its prefix, around those that it used by itself', async () => {
    const caller = await tenantWith({ isrc_prefix: 'QZAB1' });
    const own = (n: number) => `QZAB1${year}${String(n).padStart(5, '0')}`;
    await ingest(caller, { tracks: [{ title: 'brought', isrc: own(2) }] });
    expect((await ingest(caller)).tracks.map(({ isrc }) => isrc)).toEqual([own(1), own(3)]);
    // Brought while the next ones wait in memory.
    await ingest(caller, { tracks: [{ title: 'brought later', isrc: own(4) }] });
    const { uuid } = await bareRelease(catalog, caller);
    const { track } = await catalog.client.createTrack(caller, { uuid, title: 'c', position: 1, explicit: false });
    expect(track?.isrc).toBe(own(5));
  });

  test('a prefix that two tenants have, or that the operator’s contains, gives each number once', async () => {
    const callers = [await tenantWith({ isrc_prefix: 'NGT00' }), await tenantWith({ isrc_prefix: 'NGT00' }), newCaller()];
    const made = await Promise.all(callers.flatMap((caller) => Array.from({ length: 6 }, () => ingest(caller))));
    const isrcs = made.flatMap(({ tracks }) => tracks.map(({ isrc }) => isrc));
    expect(isrcs).toHaveLength(36);
    expect(new Set(isrcs).size).toBe(36);
    expect(isrcs.every((isrc) => isrc!.startsWith(`NGT00${year}`))).toBe(true);
  });

  test('UPCs come out of its range, to the last one, around those that it used by itself', async () => {
    const caller = await tenantWith({ upc_range_start: '036000291452', upc_range_end: '036000291490' });
    await bareRelease(catalog, caller, { upc: '0036000291469' });
    const upcs: (string | undefined)[] = [];
    for (let n = 0; n < 4; n++) upcs.push((await bareRelease(catalog, caller)).upc);
    expect(upcs).toEqual(['036000291452', '036000291476', '036000291483', '036000291490']);
    expect(await refusal(bareRelease(catalog, caller))).toMatchObject({
      code: 'identifier.exhausted',
      message: 'No UPC is left to be assigned: send your own.',
    });
    await tell(caller.tenantUuid, { upc_range_start: '036000291452', upc_range_end: '036000291537' });
    const next = await waitFor(() => bareRelease(catalog, caller), { timeout: 20_000, what: 'the longer range' });
    expect(next.upc).toBe('036000291506');
  });

  test('ranges that overlap give each UPC to one of their tenants', async () => {
    const callers = [
      await tenantWith({ upc_range_start: '036000300000', upc_range_end: '036000302998' }),
      await tenantWith({ upc_range_start: '036000301007', upc_range_end: '036000303995' }),
    ];
    const made = await Promise.all(callers.flatMap((caller) => Array.from({ length: 20 }, () => bareRelease(catalog, caller))));
    expect(new Set(made.map(({ upc }) => upc)).size).toBe(40);
  });

  test('a number goes back when the answer was one of before', async () => {
    const caller = await tenantWith({ isrc_prefix: 'QZAB2' });
    const { uuid } = await bareRelease(catalog, caller);
    const add = (position: number, key: string) =>
      catalog.client.createTrack(withKey(caller, key, 'hash', 'POST /releases/{uuid}/tracks'), {
        uuid,
        title: 'c',
        position,
        explicit: false,
      });
    const isrcs = [await add(1, 'k1'), await add(1, 'k1'), await add(2, 'k2')].map(({ track }) => track?.isrc);
    expect(isrcs).toEqual([`QZAB2${year}00001`, `QZAB2${year}00001`, `QZAB2${year}00002`]);
  });
});

describe('the party on whose behalf messages are sent', () => {
  const party = { sobo_party_dpid: 'PADPIDA2011072101T', sobo_party_name: 'Harbour' };

  test('is the tenant’s in what messages are made of, until the release names its own', async () => {
    const caller = await tenantWith(party);
    const { uuid } = await readyRelease(catalog, caller);
    const shown = async () => {
      const [snapshot, effective, config] = await Promise.all([
        catalog.client.getReleaseSnapshot(caller, { uuid, dspSlug: 'spotify' }),
        catalog.client.getEffectiveConfig(caller, { uuid }),
        catalog.client.getSupplyChain(caller, { uuid }),
      ]);
      return [snapshot.config, effective.data!.dsps[0], config.data].map((each) => [each?.soboPartyDpid, each?.soboPartyName]);
    };
    expect(await shown()).toEqual(Array(3).fill(['PADPIDA2011072101T', 'Harbour']));
    expect((await catalog.client.getSupplyChain(caller, { uuid })).data?.isDefault).toBe(true);
    const set = await catalog.client.setDeliveryOptions(caller, { uuid, soboPartyDpid: 'PADPIDA2007040502I' });
    expect(set.data).toMatchObject({ soboPartyDpid: 'PADPIDA2007040502I', isDefault: false });
    expect(await shown()).toEqual(Array(3).fill(['PADPIDA2007040502I', undefined]));
  });
});
