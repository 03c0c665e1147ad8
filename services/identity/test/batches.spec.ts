import { openData, runMigrations, type Data } from '@tonegrid/data';
import { auditActionType, type Actor, type ReceivedEvent } from '@tonegrid/events';
import { startPostgres, type RunningPostgres, type TestDatabase } from '@tonegrid/testing';
import fc from 'fast-check';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../src/audit/audit';
import { OnAuditAction } from '../src/audit/on-audit-action';
import { verifyChains } from '../src/audit/verify-chains';
import { migrations } from '../src/migrations';
import { CountUsage } from '../src/usage/count-usage';
import { encryptionKey } from './start-identity';

let postgres: RunningPostgres;
let database: TestDatabase;
let data: Data;
const audit = new Audit({ ENCRYPTION_KEY: encryptionKey });
const onAuditAction = new OnAuditAction(audit);
const countUsage = new CountUsage();

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase('identity');
  await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations });
  data = await openData({ url: database.url, poolSize: 12 });
});

afterAll(async () => {
  await data?.close();
  await postgres?.stop();
});

const received = (tenantUuid: string, type: string, told: object, subject: string = uuidv7()): ReceivedEvent => ({
  id: uuidv7(),
  type,
  source: '/tonegrid/catalog',
  subject,
  time: new Date(Date.now() - 60_000),
  tenantUuid,
  data: told,
});

/** New tenants that identity has. */
async function tenants(count: number): Promise<string[]> {
  const uuids = Array.from({ length: count }, () => uuidv7());
  await data.system((tx) =>
    tx.query(`insert into tenants (tenant_uuid, name, slug, tenant_role) select t, 'x', t::text, 'platform' from unnest($1::uuid[]) t`, [
      uuids,
    ]),
  );
  return uuids;
}

describe('counts of many events together', () => {
  interface Told {
    /** Which tenant; the last is one that identity does not have. */
    tenant: number;
    kind: 'release.created' | 'release.updated' | 'release.deleted' | 'artist.created' | 'artist.deleted';
    release: number;
    tracks: number | null;
    /** Whether a new batch begins with it. */
    cut: boolean;
  }
  const told: fc.Arbitrary<Told> = fc.record({
    tenant: fc.integer({ min: 0, max: 2 }),
    kind: fc.constantFrom('release.created', 'release.updated', 'release.deleted', 'artist.created', 'artist.deleted'),
    release: fc.integer({ min: 0, max: 2 }),
    tracks: fc.option(fc.integer({ min: 0, max: 20 })),
    cut: fc.boolean(),
  });

  /** What the events come to, one after the other. */
  function expected(events: Told[]) {
    const counts = [0, 1].map(() => ({ releases: 0, tracks: 0, artists: 0 }));
    const held = new Map<string, number>();
    const hold = (key: string, count: { tracks: number }, tracks: number | undefined) => {
      count.tracks += (tracks ?? 0) - (held.get(key) ?? 0);
      if (tracks === undefined) held.delete(key);
      else held.set(key, tracks);
    };
    for (const { tenant, kind, release, tracks } of events) {
      const count = counts[tenant];
      const key = `${tenant} ${release}`;
      if (!count) continue;
      if (kind === 'artist.created') count.artists++;
      if (kind === 'artist.deleted') count.artists--;
      if (kind === 'release.created') {
        count.releases++;
        hold(key, count, tracks ?? 0);
      }
      if (kind === 'release.updated' && tracks !== null) hold(key, count, tracks);
      if (kind === 'release.deleted') {
        count.releases--;
        hold(key, count, undefined);
      }
    }
    return { counts, held: [...held].map(([key, tracks]) => ({ key, tracks })).sort((a, b) => (a.key < b.key ? -1 : 1)) };
  }

  test('are what they are one by one, however they are cut into batches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(told, { minLength: 1, maxLength: 25 }), async (events) => {
        const uuids = [...(await tenants(2)), uuidv7()];
        const releases = Array.from({ length: 9 }, () => uuidv7());
        const releaseOf = ({ tenant, release }: { tenant: number; release: number }) => releases[tenant * 3 + release]!;
        const batches: ReceivedEvent[][] = [];
        for (const each of events) {
          const about = each.kind.startsWith('artist') ? {} : { release_uuid: releaseOf(each), track_count: each.tracks };
          const event = received(uuids[each.tenant]!, each.kind, about);
          if (each.cut || batches.length === 0) batches.push([event]);
          else batches.at(-1)!.push(event);
        }
        for (const batch of batches) await data.system((tx) => countUsage.handleAll(tx, batch));
        const [counts, held] = await data.system(
          async (tx) =>
            [
              await tx.query<{ tenant_uuid: string; releases: number; tracks: number; artists: number }>(
                'select tenant_uuid, releases::int, tracks::int, artists::int from tenant_usage where tenant_uuid = any($1)',
                [uuids],
              ),
              await tx.query<{ release_uuid: string; tracks: number }>(
                'select release_uuid, tracks from release_tracks where tenant_uuid = any($1)',
                [uuids],
              ),
            ] as const,
        );
        const countOf = (n: number) => {
          const { releases = 0, tracks = 0, artists = 0 } = counts.find(({ tenant_uuid }) => tenant_uuid === uuids[n]) ?? {};
          return { releases, tracks, artists };
        };
        const keyed = held.map(({ release_uuid, tracks }) => {
          const place = releases.indexOf(release_uuid);
          return { key: `${Math.floor(place / 3)} ${place % 3}`, tracks };
        });
        expect({ counts: [countOf(0), countOf(1)], held: keyed.sort((a, b) => (a.key < b.key ? -1 : 1)) }).toEqual(expected(events));
      }),
      { numRuns: 60 },
    );
  });

  test('are written by batches at once without a wait in a circle', async () => {
    const uuids = await tenants(6);
    const before = await deadlocks();
    const batch = (order: string[]) =>
      order.map((tenant) => received(tenant, 'release.created', { release_uuid: uuidv7(), track_count: 3 }));
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => data.system((tx) => countUsage.handleAll(tx, batch(n % 2 ? uuids : [...uuids].reverse())))),
    );
    const counts = await data.system((tx) =>
      tx.query('select releases::int, tracks::int from tenant_usage where tenant_uuid = any($1)', [uuids]),
    );
    expect(counts).toEqual(uuids.map(() => ({ releases: 40, tracks: 120 })));
    expect(await deadlocks()).toBe(before);
  });

  test('an event that lacks what it must tell is refused, with the batch', async () => {
    const [tenant] = await tenants(1);
    const batch = [received(tenant!, 'artist.created', {}), received(tenant!, 'release.created', { track_count: 1 })];
    await expect(data.system((tx) => countUsage.handleAll(tx, batch))).rejects.toThrow('release.created without release_uuid');
    expect(await data.system((tx) => tx.query('select from tenant_usage where tenant_uuid = $1', [tenant]))).toEqual([]);
  });
});

describe('audit entries of many events together', () => {
  const actor = (tenantUuid: string): Actor => ({
    tenantUuid,
    subject: 'user:ada',
    requestId: 'r-1',
    onBehalfOf: '',
    clientAddress: '203.0.113.7',
  });
  const action = (tenantUuid: string, n: number) =>
    received(tenantUuid, auditActionType, {
      action: 'release.approved',
      target: 'release:"x", {y} \\z',
      actor: 'user:ada',
      on_behalf_of: n % 2 ? tenantUuid : null,
      client_address: null,
      request_id: `request ${n}`,
      before: {},
      after: { n: String(n), title: 'Ọ̀nà "🌍"\n' },
    });
  const entries = (tenantUuid: string) =>
    data.system((tx) =>
      tx.query<{ uuid: string; created_at: Date; after: string; xmin: string }>(
        'select uuid, created_at, after, on_behalf_of, xmin::text from audit_log where tenant_uuid = $1 order by seq',
        [tenantUuid],
      ),
    );
  const flaws = async () => (await verifyChains(data, encryptionKey)).flaws;

  test('stand in the chains of their tenants, in order, with id and time of their events, by one transaction', async () => {
    const uuids = [uuidv7(), uuidv7().toUpperCase(), uuidv7()];
    const events = Array.from({ length: 60 }, (_, n) => action(uuids[n % 3]!, n));
    // As a uuid may be written; its seal is over what the database gives back.
    events[4]!.id = events[4]!.id.toUpperCase();
    await data.system((tx) => onAuditAction.handleAll(tx, events));
    for (const [n, tenant] of uuids.entries()) {
      const mine = events.filter((_, place) => place % 3 === n);
      const found = await entries(tenant);
      expect(found.map(({ uuid, created_at, after }) => [uuid, created_at, JSON.parse(after)])).toEqual(
        mine.map(({ id, time, data: told }) => [id.toLowerCase(), time, (told as { after: object }).after]),
      );
      expect(new Set(found.map(({ xmin }) => xmin)).size).toBe(1);
    }
    await data.system((tx) => onAuditAction.handleAll(tx, [action(uuids[0]!, 60)]));
    expect(await entries(uuids[0]!)).toHaveLength(21);
    expect(await flaws()).toEqual([]);
  });

  test('make chains without gap or fork beside others that act at the same time, and nobody waits in a circle', async () => {
    const uuids = Array.from({ length: 5 }, () => uuidv7());
    const before = await deadlocks();
    const batch = (n: number) => [...uuids, ...uuids].map((tenant) => action(tenant, n)).sort(() => (n % 2 ? 1 : -1));
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        n % 3 === 0
          ? data.system((tx) => onAuditAction.handleAll(tx, batch(n)))
          : data.transaction({ tenantUuid: uuids[n % 5]! }, (tx) =>
              audit.record(tx, actor(uuids[n % 5]!), { action: 'api_key.created', target: `api_key:${n}` }),
            ),
      ),
    );
    const counts = await Promise.all(uuids.map(async (tenant) => (await entries(tenant)).length));
    expect(counts).toEqual([48, 48, 48, 48, 48]);
    expect(await flaws()).toEqual([]);
    expect(await deadlocks()).toBe(before);
  });

  test('do not make a chain look whole whose head was tampered with, and leave the others whole', async () => {
    const [spoilt, sound] = [uuidv7(), uuidv7()];
    const batch = () => [spoilt, sound, spoilt].map((tenant, n) => action(tenant, n));
    await data.system((tx) => onAuditAction.handleAll(tx, batch()));
    await asSuperuser(`set session_replication_role = replica;
      delete from audit_log where tenant_uuid = '${spoilt}' and seq = 2;
      update audit_heads set seq = 1, row_seal = (select seal from audit_log where tenant_uuid = '${spoilt}' and seq = 1) where tenant_uuid = '${spoilt}'`);
    for (let n = 0; n < 2; n++) await data.system((tx) => onAuditAction.handleAll(tx, batch()));
    expect(await flaws()).toEqual([{ tenantUuid: spoilt, seq: 5, problem: 'the head was altered' }]);
    expect(await entries(sound)).toHaveLength(3);
  });
});

async function deadlocks(): Promise<number> {
  const [row] = await asSuperuser('select deadlocks::int as n from pg_stat_database where datname = current_database()');
  return (row as { n: number }).n;
}

async function asSuperuser(sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}
