// POST /ingestion/json (12 tracks, durable: answered after two commits, job and release) beside the bare transaction: release,
// 12 tracks in one statement and an outbox row by pg alone, on the same server, 8 at once.
import pg from 'pg';
import { randomUUID } from 'node:crypto';
import { atLeast, figure, interleave, load } from './measure.mjs';

const connections = 8;

export async function ingestBench(platform, body, { seconds, rounds }) {
  const pool = new pg.Pool({ connectionString: platform.databaseUrl('catalog'), max: connections });
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
    const bare = () => bareRate(pool, seconds, body);
    const ours = () =>
      load({
        url: `${platform.url}/ingestion/json`,
        method: 'POST',
        connections,
        duration: seconds,
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${platform.key}`, 'content-type': 'application/json' },
      });
    await bare();
    await ours();
    const results = await interleave(rounds, ours, bare);
    return [figure('POST /ingestion/json, 12 tracks, 8 connections', 'releases/s', results, ({ rate }) => rate, atLeast(0.25))];
  } finally {
    await pool.query('drop schema if exists bench cascade');
    await pool.end();
  }
}

async function bareRate(pool, seconds, body) {
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
