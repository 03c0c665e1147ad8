// From the commit of a release to the receipt of its signed webhook, 25 releases a second, beside a bare insert + HMAC + POST.
import { createHmac, randomUUID } from 'node:crypto';
import pg from 'pg';
import { percentile } from './measure.mjs';

const perSecond = 25;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function webhookBench(platform, api, receiver, body, { seconds }) {
  const made = await api.post('/webhooks', { name: 'bench', url: receiver.url, events: ['release.created'] });
  receiver.secret = made.body.data.secret;
  receiver.receipts.length = 0;
  const pushed = [];
  for (let n = 0; n < seconds * perSecond; n += 1) {
    const due = pause(1000 / perSecond);
    pushed.push(api.post('/ingestion/json', body));
    await due;
  }
  const answers = await Promise.all(pushed);
  const wanted = new Set(answers.map((answer) => answer.body.data.release.uuid));
  for (let waited = 0; waited < 20_000 && receiver.receipts.length < wanted.size; waited += 100) await pause(100);
  // The event's time is taken in the transaction, just before its commit: the figure is at most that much too large.
  const ours = receiver.receipts
    .filter((r) => wanted.has(r.body.data.release_uuid))
    .map((receipt) => receipt.at - Date.parse(receipt.body.created_at));
  if (ours.length < wanted.size) throw new Error(`${wanted.size - ours.length} webhooks did not arrive`);
  const bare = await bareLatencies(platform, receiver, seconds * perSecond);
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
