// GET /releases/:uuid/ddex/preview/:dsp_slug by HTTP: gateway, ddex, catalogue and PostgreSQL, rendered anew each time. First 32 clients who
// each ask twice a second, one after the other; then the same clients as fast as they are answered, where latency is 32 by the rate.
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { load, percentile, plain } from './measure.mjs';

const clients = 32;
const every = 500;

export async function previewBench(platform, api, release, { seconds }) {
  const attached = await api.post(`/releases/${release}/dsps`, { dsps: ['spotify'] });
  if (attached.status >= 300) throw new Error(`Spotify was not attached: ${attached.text}`);
  const url = `${platform.url}/releases/${release}/ddex/preview/spotify`;
  const headers = { authorization: `Bearer ${platform.key}` };
  await load({ url, headers, connections: clients, duration: seconds * 3 });
  // What the load has left behind is done by then.
  await pause(1000);
  const waits = await paced(url, headers, seconds * 2);
  const full = await load({ url, headers, connections: clients, duration: seconds });
  return [
    plain('preview by HTTP, 12 tracks, 32 clients, 64 requests/s, p99', 'ms', percentile(waits, 0.99), 25),
    plain('preview by HTTP, the same, median', 'ms', percentile(waits, 0.5), 25),
    {
      name: 'preview by HTTP, 32 clients at full rate',
      unit: 'requests/s',
      ours: Math.round(full.rate),
      bare: '',
      ratio: '',
      goal: 'shown',
      reached: true,
    },
  ];
}

/** Milliseconds of each answer. */
async function paced(url, headers, seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const waits = [];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let n = 0; n < (seconds * 1000) / every; n += 1) {
        await pause(Math.max(0, began + n * every + (client * every) / clients - performance.now()));
        waits.push(await timed(url, headers, agent));
      }
    }),
  );
  agent.destroy();
  return waits;
}

const timed = (url, headers, agent) =>
  new Promise((resolve, reject) => {
    const sent = performance.now();
    request(url, { headers, agent }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${url}: ${answer.statusCode}`));
      answer.resume().once('end', () => resolve(performance.now() - sent));
    })
      .once('error', reject)
      .end();
  });
