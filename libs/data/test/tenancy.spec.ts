import { startPostgres, type RunningPostgres, type TestDatabase } from '@tonegrid/testing';
import { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import { assertTenancy, openData, pendingMigrations, runMigrations, type Data } from '../src';
import { BadlyKept, Catalogue, LaterColumn, Song } from './song.migrations';

const ours = { tenantUuid: '018f0000-0000-7000-8000-000000000001' };
const theirs = { tenantUuid: '018f0000-0000-7000-8000-000000000002' };

let postgres: RunningPostgres;
let database: TestDatabase;
let data: Data;

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase('tenancy');
  await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations: [Catalogue] });
  data = await openData({ url: database.url, entities: [Song], migrations: [Catalogue], poolSize: 3 });
});
afterAll(async () => {
  await data?.close();
  await postgres?.stop();
});

const addSong = async (tenant: typeof ours, title: string, id = uuid()) => {
  await data.transaction(tenant, (tx) =>
    tx.query('insert into song (uuid, tenant_uuid, title) values ($1, $2, $3)', [id, tx.tenantUuid, title]),
  );
  return id;
};

describe('row-level security', () => {
  it('shows a tenant its own rows only, in transactions, in reads and through TypeORM', async () => {
    const mine = await addSong(ours, 'mine');
    const hidden = await addSong(theirs, 'hidden');
    const everywhere = [
      await data.read<{ uuid: string }>(ours, 'select uuid from song'),
      await data.transaction(ours, (tx) => tx.query<{ uuid: string }>('select uuid from song')),
      await data.transaction(ours, (tx) => tx.manager.find(Song)),
    ];
    for (const rows of everywhere) {
      expect(rows.map((row) => row.uuid)).toContain(mine);
      expect(rows.map((row) => row.uuid)).not.toContain(hidden);
    }
    expect(await data.read(ours, 'select 1 from song where uuid = $1', [hidden])).toEqual([]);
  });

  it("does not let a tenant change or delete another tenant's row", async () => {
    const hidden = await addSong(theirs, 'untouched');
    await data.transaction(ours, async (tx) => {
      expect(await tx.query('update song set title = $2 where uuid = $1 returning uuid', [hidden, 'stolen'])).toEqual([]);
      expect(await tx.query('delete from song where uuid = $1 returning uuid', [hidden])).toEqual([]);
      expect((await tx.manager.delete(Song, { uuid: hidden })).affected).toBe(0);
    });
    expect(await data.read(theirs, 'select title from song where uuid = $1', [hidden])).toEqual([{ title: 'untouched' }]);
  });

  it('does not let a tenant write a row under another tenant, nor move one there', async () => {
    const write = data.transaction(ours, (tx) =>
      tx.query('insert into song (uuid, tenant_uuid, title) values ($1, $2, $3)', [uuid(), theirs.tenantUuid, 'planted']),
    );
    await expect(write).rejects.toThrow('row-level security');
    const mine = await addSong(ours, 'staying');
    const move = data.transaction(ours, (tx) => tx.query('update song set tenant_uuid = $2 where uuid = $1', [mine, theirs.tenantUuid]));
    await expect(move).rejects.toThrow('row-level security');
  });

  it('does not let a guessed uuid of another tenant serve as a foreign key', async () => {
    const hidden = await addSong(theirs, 'parent');
    const guess = data.transaction(ours, (tx) =>
      tx.query('insert into verse (uuid, tenant_uuid, song_uuid) values ($1, $2, $3)', [uuid(), ours.tenantUuid, hidden]),
    );
    await expect(guess).rejects.toMatchObject({ code: '23503' });
  });

  it('shows nothing to a connection that named no tenant', async () => {
    await addSong(ours, 'unseen');
    expect((await data.pool.query('select * from song')).rows).toEqual([]);
    await expect(
      data.pool.query('insert into song (uuid, tenant_uuid, title) values ($1, $2, $3)', [uuid(), ours.tenantUuid, 'x']),
    ).rejects.toThrow('row-level security');
  });

  it('shows system work every tenant', async () => {
    const [a, b] = [await addSong(ours, 'a'), await addSong(theirs, 'b')];
    const seen = await data.system((tx) => tx.query<{ uuid: string }>('select uuid from song'));
    expect(seen.map((row) => row.uuid)).toEqual(expect.arrayContaining([a, b]));
  });

  it('does not take a star, nothing or SQL for a tenant', async () => {
    for (const tenantUuid of ['*', '', "x'; select 1; --", `${ours.tenantUuid}\n`]) {
      await expect(data.transaction({ tenantUuid }, async () => 1)).rejects.toThrow('not a tenant');
      await expect(data.read({ tenantUuid }, 'select 1')).rejects.toThrow('not a tenant');
    }
  });

  it('cannot be switched off, dropped or left by the runtime role', async () => {
    for (const attempt of [
      'alter table song disable row level security',
      'alter table song no force row level security',
      'drop policy tenant on song',
      'create policy open on song using (true)',
      `set role "${database.appRole.replace('_app', '_owner')}"`,
      'create table mine (x int)',
      'create or replace function tonegrid_tenant() returns uuid language sql as $$ select null::uuid $$',
      'truncate song',
    ]) {
      await expect(data.pool.query(attempt)).rejects.toMatchObject({ code: '42501' });
    }
    await expect(data.pool.query('set row_security = off; select * from song')).rejects.toMatchObject({ code: '42501' });
    await data.pool.query('reset row_security');
  });

  it('binds the owner of the tables too', async () => {
    await addSong(ours, 'owned');
    const owner = new Client({ connectionString: database.migrationUrl });
    await owner.connect();
    expect((await owner.query('select * from song')).rows).toEqual([]);
    await owner.end();
  });
});

describe('a read', () => {
  const leftOn = () =>
    data.pool.query<{ tenant: string; writable: string }>(
      "select coalesce(current_setting('tonegrid.tenant', true), '') as tenant, current_setting('transaction_read_only') as writable",
    );

  it('leaves neither the tenant nor read-only behind on its connection, also after errors of every kind', async () => {
    await addSong(ours, 'secret');
    const failing = ['select nonsense', 'select 1/0', 'select $1::uuid', 'delete from song', 'select * from'];
    for (let round = 0; round < 3; round++) {
      await data.read(ours, 'select * from song', [], 'songs');
      for (const sql of failing)
        await expect(data.read(ours, sql, sql.includes('$1') ? ['no uuid'] : [], round ? `f ${sql}` : undefined)).rejects.toThrow();
      for (let connection = 0; connection < data.pool.totalCount; connection++) {
        expect((await leftOn()).rows).toEqual([{ tenant: '', writable: 'off' }]);
        expect((await data.pool.query('select * from song')).rows).toEqual([]);
      }
      expect(await data.read(theirs, "select 1 from song where title = 'secret'", [], 'probe')).toEqual([]);
    }
  });

  it('is answered to whom it belongs when many tenants read at once over few connections', async () => {
    const tenants = Array.from({ length: 12 }, () => ({ tenantUuid: uuid() }));
    await Promise.all(tenants.map((tenant) => addSong(tenant, tenant.tenantUuid)));
    const reads = Array.from({ length: 600 }, async (_, n) => {
      const tenant = tenants[n % tenants.length]!;
      if (n % 7 === 0) await expect(data.read(tenant, 'select 1/0 from song', [], 'dividing')).rejects.toThrow('division');
      const rows = await data.read(tenant, 'select title, tenant_uuid from song', [], n % 2 ? 'mixed' : undefined);
      expect(rows).toEqual([{ title: tenant.tenantUuid, tenant_uuid: tenant.tenantUuid }]);
    });
    await Promise.all(reads);
  });

  it('fails alone when others travel with it, whatever becomes of them', async () => {
    const asked = Array.from({ length: 60 }, (_, n) =>
      data.read<{ n: number }>(ours, 'select 60 / (60 - $1::int) as n', [n % 3 === 0 ? 60 : n], 'divide').then(
        ([row]) => row!.n,
        (error: { code?: string }) => error.code,
      ),
    );
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? '22012' : Math.trunc(60 / (60 - n)))));
  });

  it('cannot write', async () => {
    const write = data.read(ours, 'insert into song (uuid, tenant_uuid, title) values ($1, $2, $3) returning uuid', [
      uuid(),
      ours.tenantUuid,
      'x',
    ]);
    await expect(write).rejects.toMatchObject({ code: '25006' });
  });

  it('goes on under its name after its first attempt could not be parsed', async () => {
    await expect(data.read(ours, 'select word from later', [], 'later')).rejects.toMatchObject({ code: '42P01' });
    const owner = new Client({ connectionString: database.migrationUrl });
    await owner.connect();
    await owner.query(`create table later (word text); insert into later values ('now'); grant select on later to "${database.appRole}"`);
    await owner.end();
    const answers = await Promise.all(Array.from({ length: 6 }, () => data.read(ours, 'select word from later', [], 'later')));
    expect(answers.flat()).toEqual(Array.from({ length: 6 }, () => ({ word: 'now' })));
  });

  it('gives days as text and moments as dates', async () => {
    const [row] = await data.read(ours, "select date '2026-03-29' as day, timestamptz '2026-03-29T02:30:00Z' as moment");
    expect(row).toEqual({ day: '2026-03-29', moment: new Date('2026-03-29T02:30:00Z') });
  });
});

describe('migrations', () => {
  it('run once when several processes start them together', async () => {
    const fresh = await postgres.createDatabase('migrating');
    const runs = await Promise.all(
      Array.from({ length: 4 }, () =>
        runMigrations({ url: fresh.migrationUrl, appRole: fresh.appRole, migrations: [Catalogue, LaterColumn] }),
      ),
    );
    expect(runs.flat().sort()).toEqual(['Catalogue1764000000001', 'LaterColumn1764000000002']);
  });

  it('are known as pending until they have run, and prepared statements outlive the one that changes their columns', async () => {
    const fresh = await postgres.createDatabase('pending');
    const opened = await openData({ url: fresh.url, migrations: [Catalogue, LaterColumn], poolSize: 2 });
    expect(await pendingMigrations(opened)).toEqual(['Catalogue1764000000001', 'LaterColumn1764000000002']);
    await runMigrations({ url: fresh.migrationUrl, appRole: fresh.appRole, migrations: [Catalogue] });
    expect(await pendingMigrations(opened)).toEqual(['LaterColumn1764000000002']);
    await opened.transaction(ours, (tx) =>
      tx.query("insert into song (uuid, tenant_uuid, title) values (gen_random_uuid(), $1, 'x')", [ours.tenantUuid]),
    );
    const before = await opened.read(ours, 'select * from song', [], 'all_songs');
    const inTransaction = () => opened.transaction(ours, (tx) => tx.query('select * from song', [], 'all_songs_in_transaction'));
    // On each connection, so that none can do without.
    await Promise.all([inTransaction(), inTransaction()]);
    await runMigrations({ url: fresh.migrationUrl, appRole: fresh.appRole, migrations: [Catalogue, LaterColumn] });
    expect(await pendingMigrations(opened)).toEqual([]);
    const after = await opened.read(ours, 'select * from song', [], 'all_songs');
    expect(Object.keys(after[0])).toEqual([...Object.keys(before[0]), 'mood']);
    expect(after[0].mood).toBe('calm');
    for (const rows of await Promise.all([inTransaction(), inTransaction(), inTransaction()])) expect(rows).toEqual(after);
    await opened.close();
  });
});

describe('the check at start', () => {
  it('passes a database whose tables are kept apart', async () => {
    await expect(assertTenancy(data)).resolves.toBeUndefined();
  });

  it('refuses superusers, owners and tables without forced row-level security, naming each', async () => {
    const asAdmin = await openData({ url: database.adminUrl, poolSize: 1 });
    await expect(assertTenancy(asAdmin)).rejects.toThrow(/is superuser/);
    await asAdmin.close();
    const asOwner = await openData({ url: database.migrationUrl, poolSize: 1 });
    await expect(assertTenancy(asOwner)).rejects.toThrow(/owns table song/);
    await asOwner.close();
    const bad = await postgres.createDatabase('badly');
    await runMigrations({ url: bad.migrationUrl, appRole: bad.appRole, migrations: [Catalogue, BadlyKept] });
    const careless = await openData({ url: bad.url, poolSize: 1 });
    await expect(assertTenancy(careless)).rejects.toThrow(
      'the database does not keep tenants apart: table copied has no forced row-level security; table unforced has no forced row-level security; policy everyone of table opened does not ask for the tenant',
    );
    await careless.close();
  });
});
