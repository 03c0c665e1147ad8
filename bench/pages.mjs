// Page 10,000 of a list of 200,000 rows by cursor beside page 1, one after the other, through libs/data as a service does it; and by
// OFFSET, to show what the cursor spares.
import { createRequire } from 'node:module';
import { figure, interleave, atLeast } from './measure.mjs';

const rows = 200_000;
const perPage = 20;
const tenant = { tenantUuid: '018f0000-0000-7000-8000-000000000001' };
const shown = { text: 'shown', holds: () => true };

export async function pagesBench({ seconds, rounds }) {
  const require = createRequire(new URL('../libs/data/package.json', import.meta.url));
  require('reflect-metadata');
  const { newestFirst, openData, Pages, runMigrations } = require('./dist/src');
  const { startPostgres } = require('@tonegrid/testing');
  const { Catalogue } = require('./dist/test/song.migrations.js');
  const { Client } = require('pg');
  const postgres = await startPostgres({ own: true });
  let data;
  try {
    const database = await postgres.createDatabase('bench_pages');
    await runMigrations({ url: database.migrationUrl, appRole: database.appRole, migrations: [Catalogue] });
    const admin = new Client({ connectionString: database.adminUrl });
    await admin.connect();
    await admin.query(
      `insert into song (uuid, tenant_uuid, title, created_at)
       select gen_random_uuid(), $1, 'song ' || n, timestamptz '2026-01-01' + n * interval '1 second' from generate_series(1, $2::int) n`,
      [tenant.tenantUuid, rows],
    );
    await admin.query('vacuum analyze song');
    await admin.end();
    data = await openData({ url: database.url });
    const pages = new Pages(data, 'a secret of thirty-two characters');
    const list = { name: 'ListSongs', select: 's.uuid, s.title', from: 'song s', tenant: 's.tenant_uuid', order: newestFirst('s') };
    const { next } = await pages.list(tenant, { page: rows / perPage - 1, perPage }, list);
    const rate = (request) => async () => {
      const end = performance.now() + seconds * 1000;
      let read = 0;
      for (; performance.now() < end; read += 1) await pages.list(tenant, { ...request, perPage }, list);
      return { rate: read / seconds };
    };
    const first = rate({ cursor: '' });
    const last = rate({ cursor: next });
    await first();
    return [
      figure(
        'page 10,000 by cursor beside page 1, 200,000 rows',
        'pages/s',
        await interleave(rounds, last, first),
        ({ rate }) => rate,
        atLeast(0.8),
      ),
      figure(
        'page 10,000 by OFFSET beside page 1 by cursor',
        'pages/s',
        await interleave(1, rate({ page: rows / perPage }), first),
        ({ rate }) => rate,
        shown,
      ),
    ];
  } finally {
    await data?.close();
    await postgres.stop();
  }
}
