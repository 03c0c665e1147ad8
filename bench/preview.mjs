// GET /releases/:uuid/ddex/preview/:dsp_slug by HTTP: gateway, ddex, catalogue and PostgreSQL, rendered anew each time. 32 clients who
// look at a preview twice a second each, and then the same clients as fast as they are answered, where latency is 32 by the rate.
import { load, plain } from './measure.mjs';

export async function previewBench(platform, api, release, { seconds }) {
  const attached = await api.post(`/releases/${release}/dsps`, { dsps: ['spotify'] });
  if (attached.status >= 300) throw new Error(`Spotify was not attached: ${attached.text}`);
  const url = `${platform.url}/releases/${release}/ddex/preview/spotify`;
  const options = { url, connections: 32, headers: { authorization: `Bearer ${platform.key}` } };
  await load({ ...options, duration: 2 });
  const paced = await load({ ...options, duration: seconds, overallRate: 64 });
  const full = await load({ ...options, duration: seconds });
  return [
    plain('preview by HTTP, 12 tracks, 32 clients, 64 requests/s, p99', 'ms', paced.p99, 25),
    {
      name: 'preview by HTTP, the same at full rate',
      unit: 'requests/s',
      ours: Math.round(full.rate),
      bare: '',
      ratio: '',
      goal: '',
      reached: true,
    },
  ];
}
