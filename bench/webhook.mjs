// From the commit of a release to the receipt of its signed webhook, 25 releases a second, beside a bare insert + HMAC + POST.
import { createHmac, randomUUID } from 'node:crypto';
import pg from 'pg';
import { percentile } from './measure.mjs';

const perSecond = 25;
/** Seconds of load that are not counted: connections are made, statements planned, code compiled. */
const warmUp = 2;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function webhookBench(platform, api, receiver, body, { seconds }) {
  const made = await api.post('/webhooks', { name: 'bench', url: receiver.url, events: ['release.created'] });
  receiver.secret = made.body.data.secret;
  await latencies(api, receiver, body, warmUp);
  const ours = await latencies(api, receiver, body, seconds);
  const bare = await bareLatencies(platform, receiver, seconds * perSecond);
  // What comes after this is no longer to be told.
  await api.delete(`/webhooks/${made.body.data.uuid}`);
  const [p99, bareP99] = [percentile(ours, 0.99), percentile(bare, 0.99)];
  return [
    {
      name: 'commit to webhook receipt, p99',
      unit: 'ms',
      ours: p99,
      bare: Number(bareP99.toFixed(1)),
      ratio: Number((p99 / bareP99).toFixed(1)),
      goal: 'shown',
      reached: true,
    },
    {
      name: 'commit to webhook receipt, median',
      unit: 'ms',
      ours: percentile(ours, 0.5),
      bare: Number(percentile(bare, 0.5).toFixed(1)),
      ratio: Number((percentile(ours, 0.5) / percentile(bare, 0.5)).toFixed(1)),
      goal: 'shown',
      reached: true,
    },
  ];
}

/** Milliseconds from the event's time to its receipt, for releases that are pushed at the bench's rate. */
async function latencies(api, receiver, body, seconds) {
  receiver.receipts.length = 0;
  const pushed = [];
  for (let n = 0; n < seconds * perSecond; n += 1) {
    const due = pause(1000 / perSecond);
    pushed.push(api.post('/ingestion/json', body));
    await due;
  }
  const answers = await Promise.all(pushed);
  const wanted = new Set(answers.map((answer) => answer.body.data.release.uuid));
  const ours = () => receiver.receipts.filter((receipt) => wanted.has(receipt.body.data.release_uuid));
  for (let waited = 0; waited < 20_000 && ours().length < wanted.size; waited += 100) await pause(100);
  // The event's time is taken in the transaction, just before its commit: the figure is at most that much too large.
  const found = ours().map((receipt) => receipt.at - Date.parse(receipt.body.created_at));
  if (found.length < wanted.size) throw new Error(`${wanted.size - found.length} webhooks did not arrive`);
  return found;
}

async function bareLatencies(platform, receiver, count) {
  const client = new pg.Client({ connectionString: platform.databaseUrl('catalog') });
  await client.connect();
  const latencies = [];
  try {
    await client.query('create temporary table bare_event (id uuid, payload text)');
    for (let n = 0; n < count; n += 1) {
      const began = performance.now();
      const event = randomUUID();
      const raw = JSON.stringify({ event_id: event, event: 'bare', created_at: new Date().toISOString(), tenant_uuid: event, data: {} });
      await client.query('insert into bare_event values ($1, $2)', [event, raw]);
      const t = Math.floor(Date.now() / 1000);
      const v1 = createHmac('sha256', receiver.secret).update(`${t}.${raw}`).digest('hex');
      await fetch(receiver.url, {
        method: 'POST',
        body: raw,
        headers: { 'x-tonegrid-event': 'bare', 'x-tonegrid-signature': `t=${t},v1=${v1}` },
      });
      latencies.push(performance.now() - began);
      await pause(5);
    }
  } finally {
    await client.end();
  }
  return latencies;
}
