import { startPostgres, type RunningPostgres, type TestDatabase } from '@tonegrid/testing';
import { v7 as uuid } from 'uuid';
import { ascendingBy, envelopePage, newestFirst, openData, Pages, plainPage, runMigrations, type Data, type List, type Page } from '../src';
import { Catalogue } from './song.migrations';

const ours = { tenantUuid: '018f0000-0000-7000-8000-000000000001' };
const theirs = { tenantUuid: '018f0000-0000-7000-8000-000000000002' };
const secret = 'a secret of thirty-two characters';

interface Song {
  uuid: string;
  title: string;
}
const newest = (q?: string): List => ({
  name: 'ListSongs',
  select: 's.uuid, s.title',
  from: 'song s',
  tenant: 's.tenant_uuid',
  where: { q: q !== undefined && ['s.title like $1', q] },
  order: newestFirst('s'),
  sizes: { usual: 20 },
});
const byTitle: List = { ...newest(), name: 'SongsByTitle', order: ascendingBy('s', 'title') };

let postgres: RunningPostgres;
let database: TestDatabase;
let data: Data;
let pages: Pages;
let expected: string[];

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase('pages');
  await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations: [Catalogue] });
  data = await openData({ url: database.url });
  pages = new Pages(data, secret);
  // 57 songs in 10 moments that differ by a microsecond: what Dates of milliseconds cannot tell apart.
  await data.system(async (tx) => {
    for (let n = 0; n < 57; n++)
      await tx.query(
        `insert into song (uuid, tenant_uuid, title, created_at) values ($1, $2, $3, timestamptz '2026-01-01T00:00:00.000001Z' + $4 * interval '1 microsecond')`,
        [uuid(), ours.tenantUuid, `song ${String(n % 19).padStart(2, '0')}${n % 2 ? " é '" : ''}`, n % 10],
      );
    await tx.query('insert into song (uuid, tenant_uuid, title) values ($1, $2, $3)', [uuid(), theirs.tenantUuid, 'theirs']);
  });
  expected = (await data.read<Song>(ours, 'select uuid from song order by created_at desc, uuid desc')).map((row) => row.uuid);
});
afterAll(async () => {
  await data?.close();
  await postgres?.stop();
});

const ids = (page: Page<Song>) => page.rows.map((row) => row.uuid);
const refusedCursor = { code: 'cursor.invalid', status: 400 };

describe('keyset pages', () => {
  it('walk the whole list forwards and back again, each row once', async () => {
    for (const list of [newest(), byTitle]) {
      const all = ids(await pages.list<Song>(ours, { perPage: 100 }, list));
      const walked: string[][] = [];
      let page = await pages.list<Song>(ours, { cursor: '', perPage: 8 }, list);
      expect(page.prev).toBeUndefined();
      for (;;) {
        walked.push(ids(page));
        expect(page.hasMore).toBe(page.next !== undefined);
        if (!page.next) break;
        page = await pages.list<Song>(ours, { cursor: page.next, perPage: 8 }, list);
      }
      expect(walked.flat()).toEqual(all);
      expect(walked.map((rows) => rows.length)).toEqual([8, 8, 8, 8, 8, 8, 8, 1]);
      for (let at = walked.length - 2; at >= 0; at--) {
        page = await pages.list<Song>(ours, { cursor: page.prev, perPage: 8 }, list);
        expect(ids(page)).toEqual(walked[at]);
        expect(page.hasMore).toBe(true);
      }
      expect(page.prev).toBeUndefined();
    }
  });

  it('give no total, and rows without the key that sorts them', async () => {
    const page = await pages.list<Song>(ours, { cursor: '' }, newest());
    expect(page.total).toBeUndefined();
    expect(Object.keys(page.rows[0]!)).toEqual(['uuid', 'title']);
    expect(plainPage(page)).toMatchObject({ total: undefined, page: undefined, perPage: 20, hasMore: true, nextCursor: page.next });
    expect(envelopePage(page).meta).toEqual({ mode: 'cursor', perPage: 20, hasMore: true, nextCursor: page.next });
  });

  it('do not shift when rows are added or removed in front', async () => {
    const tenant = { tenantUuid: uuid() };
    const add = (title: string) =>
      data.transaction(tenant, (tx) =>
        tx.query('insert into song (uuid, tenant_uuid, title) values ($1, $2, $3)', [uuid(), tenant.tenantUuid, title]),
      );
    for (const title of ['a', 'b', 'c', 'd']) await add(title);
    const first = await pages.list<Song>(tenant, { cursor: '', perPage: 2 }, newest());
    await add('e');
    await data.transaction(tenant, (tx) => tx.query('delete from song where uuid = $1', [first.rows[1]!.uuid]));
    const second = await pages.list<Song>(tenant, { cursor: first.next, perPage: 2 }, newest());
    expect(second.rows.map((row) => row.title)).toEqual(['b', 'a']);
    expect(second.hasMore).toBe(false);
  });

  it('refuse a cursor that was changed, or belongs to another tenant, list, filter or secret', async () => {
    const cursor = (await pages.list<Song>(ours, { cursor: '', perPage: 5 }, newest('song%'))).next!;
    await expect(pages.list(ours, { cursor }, newest('song%'))).resolves.toMatchObject({ mode: 'cursor' });
    await expect(pages.list(theirs, { cursor }, newest('song%'))).rejects.toMatchObject(refusedCursor);
    await expect(pages.list(ours, { cursor }, newest('other%'))).rejects.toMatchObject(refusedCursor);
    await expect(pages.list(ours, { cursor }, newest())).rejects.toMatchObject(refusedCursor);
    await expect(pages.list(ours, { cursor }, { ...newest('song%'), name: 'ListOthers' })).rejects.toMatchObject(refusedCursor);
    await expect(pages.list(ours, { cursor }, { ...newest('song%'), order: ascendingBy('s', 'title') })).rejects.toMatchObject(
      refusedCursor,
    );
    await expect(new Pages(data, `${secret}.`).list(ours, { cursor }, newest('song%'))).rejects.toMatchObject(refusedCursor);
    for (let at = 0; at < cursor.length; at++) {
      const changed = `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`;
      await expect(pages.list(ours, { cursor: changed }, newest('song%'))).rejects.toMatchObject(refusedCursor);
    }
    for (const nonsense of ['x', '%', `${cursor}=`, `${cursor} `, 'eyJpZCI6MTIzNDV9', 'A'.repeat(10_000)])
      await expect(pages.list(ours, { cursor: nonsense }, newest('song%'))).rejects.toMatchObject(refusedCursor);
  });

  it('are read from the index, without OFFSET and without a sort', async () => {
    const seen: string[] = [];
    const spy: Data = Object.create(data, {
      read: {
        value: (caller: typeof ours, sql: string, params: unknown[]) => {
          seen.push(sql);
          return data.transaction(caller, async (tx) => {
            await tx.query('set local enable_seqscan = off');
            await tx.query('set local enable_bitmapscan = off');
            const plan = await tx.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, params);
            seen.push(plan.map((row) => row['QUERY PLAN']).join('\n'));
            return tx.query(sql, params);
          });
        },
      },
    });
    const first = await pages.list<Song>(ours, { cursor: '', perPage: 3 }, newest());
    await new Pages(spy, secret).list(ours, { cursor: first.next, perPage: 3 }, newest());
    const [sql, plan] = seen as [string, string];
    expect(sql).not.toMatch(/offset/i);
    expect(plan).toMatch(/Index (Only )?Scan Backward using song_newest/);
    expect(plan).toMatch(/Index Cond: .*tenant_uuid = .*ROW\(created_at, uuid\) </);
    expect(plan).not.toMatch(/Sort/);
  });
});

describe('offset pages', () => {
  it('count the whole list of the tenant and give cursors that go on from them', async () => {
    const second = await pages.list<Song>(ours, { page: 2, perPage: 20 }, newest());
    expect(second).toMatchObject({ mode: 'offset', total: 57, page: 2, perPage: 20, hasMore: true });
    expect(ids(second)).toEqual(expected.slice(20, 40));
    expect(ids(await pages.list<Song>(ours, { cursor: second.next, perPage: 20 }, newest()))).toEqual(expected.slice(40));
    expect(ids(await pages.list<Song>(ours, { cursor: second.prev, perPage: 20 }, newest()))).toEqual(expected.slice(0, 20));
    expect(plainPage(second)).toMatchObject({ total: 57n, page: 2, perPage: 20 });
    expect(envelopePage(second).meta).toMatchObject({ mode: 'offset', total: 57n, currentPage: 2, lastPage: 3, perPage: 20 });
  });

  it('end', async () => {
    expect(await pages.list(ours, { page: 3 }, newest())).toMatchObject({ hasMore: false, next: undefined });
    expect(await pages.list(ours, { page: 4 }, newest())).toMatchObject({
      rows: [],
      total: 57,
      hasMore: false,
      next: undefined,
      prev: undefined,
    });
    const none = await pages.list(ours, {}, newest('nothing'));
    expect(envelopePage(none).meta).toMatchObject({ total: 0n, currentPage: 1, lastPage: 1 });
    expect(await pages.list(ours, { page: 2_147_483_647, perPage: 100 }, newest())).toMatchObject({ rows: [] });
  });
});
