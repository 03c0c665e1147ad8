// GET /releases/:uuid/ddex/preview/:dsp_slug by HTTP, 32 clients at once: gateway, ddex, catalogue and PostgreSQL, rendered anew each time.
import { load, plain } from './measure.mjs';

export async function previewBench(platform, api, release, { seconds }) {
  const attached = await api.post(`/releases/${release}/dsps`, { dsps: ['spotify'] });
  if (attached.status >= 300) throw new Error(`Spotify was not attached: ${attached.text}`);
  const url = `${platform.url}/releases/${release}/ddex/preview/spotify`;
  const options = { url, connections: 32, headers: { authorization: `Bearer ${platform.key}` } };
  await load({ ...options, duration: 2 });
  const { rate, p99 } = await load({ ...options, duration: seconds });
  return [plain(`preview by HTTP, 12 tracks, 32 clients, p99 (${Math.round(rate)}/s)`, 'ms', p99, 25)];
}
