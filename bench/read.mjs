// GET /releases/:uuid (12 tracks; authenticated, tenant-checked, counted against a rate limit) through gateway and catalogue,
// beside bare Fastify + pg that reads the same rows with one prepared statement and sends the same fields.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atLeast, atMost, figure, interleave, load } from './measure.mjs';

export async function readBench(platform, api, release, { seconds, rounds }) {
  const bare = spawn(process.execPath, [fileURLToPath(new URL('bare-server.mjs', import.meta.url))], {
    env: { ...process.env, DATABASE_URL: platform.databaseUrl('catalog') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = await once(bare.stdout, 'data');
    const bareUrl = `http://127.0.0.1:${Number(String(line))}/releases/${release}`;
    const whole = await (await fetch(bareUrl)).json();
    if (whole.release.tracks.length !== 12) throw new Error('the bare server does not send 12 tracks');
    const oursLoad = () =>
      load({
        url: `${platform.url}/releases/${release}`,
        connections: 32,
        duration: seconds,
        headers: { authorization: `Bearer ${platform.key}` },
      });
    const bareLoad = () => load({ url: bareUrl, connections: 32, duration: seconds });
    await bareLoad();
    await oursLoad();
    const results = await interleave(rounds, oursLoad, bareLoad);
    return [
      figure('GET /releases/:uuid, 12 tracks, 32 connections', 'requests/s', results, ({ rate }) => rate, atLeast(0.3)),
      figure('GET /releases/:uuid, p99', 'ms', results, ({ p99 }) => p99, atMost(6)),
    ];
  } finally {
    bare.kill();
  }
}
