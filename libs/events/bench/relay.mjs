// How fast the relay empties an outbox (rows read, published, acknowledged and marked) beside bare publishing to JetStream:
// 1 KB messages, 256 in flight, file store, in turns in one run. `relayBench()` is called by `npm run bench`; needs built libs.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { connect } = require('nats');
const { Client } = require('pg');
const { Registry } = require('prom-client');
const { tenancyFunctions } = require('@tonegrid/data');
const { startNats, startPostgres } = require('@tonegrid/testing');
const { Relay, eventTables } = require('../dist/src/index.js');

const inFlight = 256;
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const quiet = { info() {}, warn() {}, error: (fields, message) => console.error(message, fields) };

/** Messages per second through the client's own publish. */
async function bareRate(js, count) {
  const payload = new Uint8Array(1024).fill(120);
  let sent = 0;
  const publish = async () => {
    while (sent < count) {
      sent++;
      await js.publish('bare.release.updated', payload);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: inFlight }, publish));
  return count / ((performance.now() - began) / 1000);
}

/** Events per second from the commit of `count` rows to the mark on the last one. Four events a subject. */
async function relayRate(owner, published, count) {
  const before = await published();
  await owner.query('begin');
  await owner.query(
    `insert into outbox (event_id, tenant_uuid, type, ordering_key, payload)
     select gen_random_uuid(), '0190a000-0000-7000-8000-000000000001', 'release.updated', 'release ' || n % ($1::int / 4),
       rpad('{"specversion":"1.0","id":"' || n, 1024, 'x')
     from generate_series(1, $1::int) n`,
    [count],
  );
  await owner.query('notify tonegrid_outbox');
  const began = performance.now();
  await owner.query('commit');
  while ((await published()) < before + count) await new Promise((resolve) => setTimeout(resolve, 5));
  return count / ((performance.now() - began) / 1000);
}

/** Gives medians in events per second, and ours as a share of the bare rate. */
export async function relayBench({ rounds = 5, count = 20_000 } = {}) {
  const [postgres, nats] = await Promise.all([startPostgres({ own: true }), startNats()]);
  try {
    const database = await postgres.createDatabase('relay_bench');
    const owner = new Client({ connectionString: database.migrationUrl });
    await owner.connect();
    await owner.query(`set tonegrid.app_role = '${database.appRole}'; set tonegrid.tenant = '*'`);
    for (const statement of [...tenancyFunctions(), ...eventTables()]) await owner.query(statement);
    const connection = await connect({ servers: nats.url, noAsyncTraces: true });
    await (await connection.jetstreamManager()).streams.add({ name: 'BARE', subjects: ['bare.>'] });
    const js = connection.jetstream();
    const registry = new Registry();
    const relay = new Relay({ databaseUrl: database.url, nats: { servers: nats.url }, env: 'bench', log: quiet, registry });
    relay.start();
    const published = async () => (await registry.getSingleMetric('outbox_published_total').get()).values[0]?.value ?? 0;
    const bare = [];
    const ours = [];
    try {
      await bareRate(js, count / 4);
      await relayRate(owner, published, count / 4);
      for (let round = 0; round < rounds; round++) {
        bare.push(await bareRate(js, count));
        ours.push(await relayRate(owner, published, count));
      }
    } finally {
      await relay.stop();
      await connection.close();
      await owner.end();
    }
    const ratio = median(ours.map((rate, round) => rate / bare[round]));
    return {
      name: 'outbox relay, events/s',
      ours: Math.round(median(ours)),
      bare: Math.round(median(bare)),
      ratio: Number(ratio.toFixed(2)),
    };
  } finally {
    await Promise.all([postgres.stop(), nats.stop()]);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await relayBench()));
