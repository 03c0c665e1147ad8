import { createServer } from 'node:net';

const free = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

const first = 20_000;
const shares = 8;
const perShare = 1_500;
/** Jest's workers number themselves from 1; each has a share of the range, so that two suites at once never pick the same port. */
const share = (Number(process.env['JEST_WORKER_ID'] ?? 1) - 1) % shares;
const given = new Set<number>();

/**
 * A free TCP port on loopback, at random between 20000 and 31999: below the range that the kernel hands out to outgoing
 * connections, so that a server that is killed and restarted finds its port free again. A process gets no port twice.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const port = first + share * perShare + Math.floor(Math.random() * perShare);
    if (given.has(port)) continue;
    given.add(port);
    if (await free(port)) return port;
  }
  throw new Error(`no free port of share ${share} between 20000 and 31999 on 127.0.0.1`);
}
