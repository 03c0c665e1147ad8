import { startPostgres, type RunningPostgres, type TestDatabase } from '@tonegrid/testing';
import { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import { ascendingBy, newestFirst, openData, Pages, runMigrations, type Data, type List, type Page } from '../src';
import { Catalogue } from './song.migrations';

const big = { tenantUuid: '018f0000-0000-7000-8000-000000000001' };
const busy = { tenantUuid: '018f0000-0000-7000-8000-000000000002' };
const secret = 'a secret of thirty-two characters';
const rows = 200_000;
const perPage = 20;
const lastPage = rows / perPage;

interface Song {
  uuid: string;
}
const newest: List = { name: 'ListSongs', select: 's.uuid, s.title', from: 'song s', tenant: 's.tenant_uuid', order: newestFirst('s') };
const byTitle: List = { ...newest, name: 'SongsByTitle', order: ascendingBy('s', 'title') };

/** A node of EXPLAIN (FORMAT JSON). */
interface Plan {
  'Node Type': string;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}
const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

let postgres: RunningPostgres;
let database: TestDatabase;
let data: Data;
let pages: Pages;

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase('deep_pages');
  await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations: [Catalogue] });
  const admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  const fill = `insert into song (uuid, tenant_uuid, title, created_at)
    select gen_random_uuid(), $1, 'song ' || lpad((n * 7919 % $2)::text, 8, '0'), timestamptz '2026-01-01' + n * interval '1 second'
    from generate_series(1, $2::int) n`;
  await admin.query(fill, [big.tenantUuid, rows]);
  await admin.query(fill, [busy.tenantUuid, 2_000]);
  await admin.query('vacuum analyze song');
  await admin.end();
  data = await openData({ url: database.url });
  pages = new Pages(data, secret);
}, 120_000);
afterAll(async () => {
  await data?.close();
  await postgres?.stop();
});

/** What PostgreSQL does for one page: as the service's role, with row-level security, as its planner likes. */
async function planOf(list: List, request: { cursor?: string; page?: number }): Promise<Plan> {
  const plans: Plan[] = [];
  const explaining: Data = Object.create(data, {
    read: {
      value: (caller: typeof big, sql: string, params: unknown[]) =>
        data.transaction(caller, async (tx) => {
          if (!sql.includes('count(*)')) {
            const [row] = await tx.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(`explain (analyze, buffers, format json) ${sql}`, params);
            plans.push(row!['QUERY PLAN'][0]!.Plan);
          }
          return tx.query(sql, params);
        }),
    },
  });
  await new Pages(explaining, secret).list(big, { ...request, perPage }, list);
  return plans[0]!;
}
const blocks = (plan: Plan) => plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];

describe(`a list of ${rows} rows`, () => {
  it.each([
    ['the newest first', newest],
    ['by title', byTitle],
  ])('%s: page 1 and page 10,000 cost the same by cursor', async (_name, list) => {
    const beforeLast = await pages.list<Song>(big, { page: lastPage - 1, perPage }, list);
    const last = await pages.list<Song>(big, { cursor: beforeLast.next, perPage }, list);
    expect([last.rows.length, last.hasMore]).toEqual([perPage, false]);

    const [first, deep] = [await planOf(list, { cursor: '' }), await planOf(list, { cursor: beforeLast.next })];
    for (const plan of [first, deep]) {
      const all = nodes(plan);
      expect(all.map((node) => node['Node Type']).filter((type) => !/^(Limit|Index Scan|Index Only Scan|Result)$/.test(type))).toEqual([]);
      // Only the rows of the page, and the one that tells whether there is more, are looked at.
      for (const node of all) expect(node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)).toBeLessThanOrEqual(perPage + 1);
    }
    expect(blocks(deep)).toBeLessThanOrEqual(blocks(first) + 5);
    // What OFFSET costs for the same rows.
    expect(blocks(await planOf(list, { page: lastPage }))).toBeGreaterThan(blocks(deep) * 20);
  });

  it('goes back from its end as cheaply', async () => {
    const beforeLast = await pages.list<Song>(big, { page: lastPage - 1, perPage }, newest);
    const last = await pages.list<Song>(big, { cursor: beforeLast.next, perPage }, newest);
    expect(blocks(await planOf(newest, { cursor: last.prev }))).toBeLessThanOrEqual(blocks(await planOf(newest, { cursor: '' })) + 5);
  });
});

it('a walk by cursor meets every row that stays, once, whatever is added and removed meanwhile', async () => {
  const before = (await data.read<Song>(busy, 'select uuid from song order by created_at desc, uuid desc')).map((row) => row.uuid);
  const removed = new Set<string>();
  let over = false;
  const writers = [0, 1].map(async (writer) => {
    for (let n = 0; !over; n += 1) {
      await data.transaction(busy, async (tx) => {
        await tx.query(
          `insert into song (uuid, tenant_uuid, title, created_at) values ($1, $2, 'new', timestamptz '2026-01-01' + random() * interval '3000 seconds')`,
          [uuid(), busy.tenantUuid],
        );
        const victim = before[(n * 37 + writer * 991) % before.length]!;
        if (n % 4 !== 0) return;
        await tx.query('delete from song where uuid = $1', [victim]);
        removed.add(victim);
      });
    }
  });
  const seen: string[] = [];
  let page: Page<Song> = await pages.list<Song>(busy, { cursor: '', perPage: 50 }, newest);
  for (;;) {
    seen.push(...page.rows.map((row) => row.uuid));
    if (!page.next) break;
    page = await pages.list<Song>(busy, { cursor: page.next, perPage: 50 }, newest);
  }
  over = true;
  await Promise.all(writers);
  expect(new Set(seen).size).toBe(seen.length);
  expect(removed.size).toBeGreaterThan(0);
  const met = new Set(seen);
  expect(before.filter((each) => !removed.has(each) && !met.has(each))).toEqual([]);
});
