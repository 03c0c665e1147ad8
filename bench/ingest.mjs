// POST /ingestion/json (12 tracks, durable: answered after two commits, job and release) beside the bare transaction: release,
// 12 tracks in one statement and an outbox row by pg alone, on the same server, with as many at once. 8 at once is what the limit of
// the bare transaction was measured with, 32 what the other benches over HTTP have.
import pg from 'pg';
import { randomUUID } from 'node:crypto';
import { atLeast, figure, interleave, load } from './measure.mjs';

export async function ingestBench(platform, body, { seconds, rounds }) {
  const pool = new pg.Pool({ connectionString: platform.databaseUrl('catalog'), max: 32 });
  try {
    await pool.query(`create schema if not exists bench`);
    await pool.query(
      `create table if not exists bench.release (uuid uuid primary key, tenant uuid not null, title text, type text, upc text unique, created_at timestamptz default now())`,
    );
    await pool.query(
      `create table if not exists bench.track (uuid uuid primary key, release_uuid uuid not null references bench.release, title text, position int, isrc text)`,
    );
    await pool.query(
      `create table if not exists bench.outbox (id bigint generated always as identity primary key, event_id uuid not null, payload text)`,
    );
    const bare = (connections, duration = seconds) => bareRate(pool, connections, duration, body);
    const ours = (connections, duration = seconds) =>
      load({
        url: `${platform.url}/ingestion/json`,
        method: 'POST',
        connections,
        duration,
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${platform.key}`, 'content-type': 'application/json' },
      });
    // Until V8 has compiled what is used: six processes take part, and each release runs much of their code once.
    await bare(8);
    await ours(32, seconds * 4);
    const figures = [];
    for (const connections of [8, 32]) {
      const results = await interleave(
        rounds,
        () => ours(connections),
        () => bare(connections),
      );
      const name = `POST /ingestion/json, 12 tracks, ${connections} connections`;
      figures.push(figure(name, 'releases/s', results, ({ rate }) => rate, atLeast(0.25)));
    }
    return figures;
  } finally {
    await pool.query('drop schema if exists bench cascade');
    await pool.end();
  }
}

async function bareRate(pool, connections, seconds, body) {
  const began = performance.now();
  const end = began + seconds * 1000;
  let count = 0;
  const worker = async () => {
    while (performance.now() < end) {
      await transaction(pool, body);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return { rate: (count * 1000) / (performance.now() - began) };
}

async function transaction(pool, body) {
  const client = await pool.connect();
  try {
    const release = randomUUID();
    await client.query('begin');
    await client.query({
      name: 'bare-release',
      text: 'insert into bench.release (uuid, tenant, title, type, upc) values ($1, $2, $3, $4, $5)',
      values: [release, release, body.title, body.type, release],
    });
    const rows = body.tracks.map((track, n) => [randomUUID(), release, track.title, n + 1, `QZTST${n}`]);
    await client.query({
      name: 'bare-tracks',
      text: `insert into bench.track (uuid, release_uuid, title, position, isrc) values ${rows.map((_, n) => `($${n * 5 + 1}, $${n * 5 + 2}, $${n * 5 + 3}, $${n * 5 + 4}, $${n * 5 + 5})`).join(', ')}`,
      values: rows.flat(),
    });
    await client.query({
      name: 'bare-outbox',
      text: 'insert into bench.outbox (event_id, payload) values ($1, $2)',
      values: [release, JSON.stringify(body)],
    });
    await client.query('commit');
  } finally {
    client.release();
  }
}
