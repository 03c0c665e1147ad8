#!/usr/bin/env node
// `npm run bench`: each figure beside its bare baseline, measured in turns in the same run; a table, and JSON with `--json FILE`.
// `--quick` takes short rounds (to see that it works); `--only read,ingest,validate,preview,messages,relay,webhook,auth,issue,pages` some of
// them. Never a test: the
// exit status is 1 only when a bench could not run.
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { parseArgs } from 'node:util';
import os from 'node:os';
import { prepare } from './setup/prepare.mjs';

const { values } = parseArgs({
  options: { json: { type: 'string' }, quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const nats = await prepare(() => undefined);
// Benches of the whole platform start nats-server by its name.
process.env.PATH = [process.env.PATH, dirname(nats)].join(delimiter);
const wanted = (name) => values.only === undefined || values.only.split(',').includes(name);
const pace = values.quick ? { seconds: 2, rounds: 1 } : { seconds: 6, rounds: 5 };
const figures = [];

if (wanted('validate')) {
  const { validateBench } = await import('../bench/validate.mjs');
  figures.push(...(await validateBench(pace)));
}
if (wanted('messages')) {
  const { ddexMessagesBench } = await import('../bench/ddex-messages.mjs');
  figures.push(...(await ddexMessagesBench(pace)));
}
if (wanted('relay')) {
  const { relayBench } = await import('../libs/events/bench/relay.mjs');
  const { ratio, ...rest } = await relayBench();
  figures.push({ unit: 'events/s', ...rest, ratio, goal: '≥ 0.5', reached: ratio >= 0.5 });
}
if (wanted('auth')) {
  const { authBench } = await import('../bench/auth.mjs');
  figures.push(...(await authBench(pace)));
}
if (wanted('pages')) {
  const { pagesBench } = await import('../bench/pages.mjs');
  figures.push(...(await pagesBench(pace)));
}
if (['read', 'ingest', 'webhook', 'preview', 'issue'].some(wanted)) figures.push(...(await platformBenches()));

show(figures);
if (values.json !== undefined) {
  const machine = { cpus: os.cpus().length, model: os.cpus()[0]?.model, memory: os.totalmem(), node: process.version };
  writeFileSync(values.json, `${JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2)}\n`);
}

async function platformBenches() {
  const require = createRequire(import.meta.url);
  require('reflect-metadata');
  const { startPlatform, startReceiver, Api } = require('@tonegrid/e2e');
  const counted = String(1_000_000_000);
  const env = {
    RATE_LIMIT_GENERAL: counted,
    RATE_LIMIT_AUDIO: counted,
    RATE_LIMIT_DISTRIBUTION: counted,
    LOG_LEVEL: 'warn',
    ACK_POLL_MS: '5000',
  };
  const platform = await startPlatform({ env });
  const receiver = await startReceiver();
  try {
    const api = new Api(platform.url, platform.key);
    const body = {
      title: 'Midnight in Lagos',
      type: 'album',
      genre: 'Afrobeats',
      release_date: '2026-07-12',
      label: 'Sandbox Records',
      artists: [{ name: 'Ada Okafor' }],
      tracks: Array.from({ length: 12 }, (_, n) => ({
        title: `Lagos Nights, part ${n + 1}`,
        track_number: n + 1,
        duration_seconds: 180 + n,
        explicit: false,
      })),
    };
    const made = await api.post('/ingestion/json', body);
    if (made.status !== 201) throw new Error(`the release was not taken in: ${made.text}`);
    const out = [];
    if (wanted('issue')) out.push(...(await (await import('../bench/auth.mjs')).issueBench(platform, pace)));
    if (wanted('read'))
      out.push(...(await (await import('../bench/read.mjs')).readBench(platform, api, made.body.data.release.uuid, pace)));
    if (wanted('preview'))
      out.push(...(await (await import('../bench/preview.mjs')).previewBench(platform, api, made.body.data.release.uuid, pace)));
    if (wanted('webhook')) out.push(...(await (await import('../bench/webhook.mjs')).webhookBench(platform, api, receiver, body, pace)));
    if (wanted('ingest')) out.push(...(await (await import('../bench/ingest.mjs')).ingestBench(platform, body, pace)));
    return out;
  } finally {
    await receiver.stop();
    await platform.stop();
  }
}

function show(rows) {
  const columns = ['name', 'unit', 'ours', 'bare', 'ratio', 'goal'];
  const cells = [
    columns,
    ...rows.map((row) => columns.map((column) => (column === 'goal' && !row.reached ? `${row.goal}  not reached` : String(row[column])))),
  ];
  const widths = columns.map((_, n) => Math.max(...cells.map((line) => line[n].length)));
  for (const line of cells) console.log(line.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]))).join('  '));
}
