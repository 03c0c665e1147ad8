import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startCluster, type Cluster } from './cluster';

/**
 * One PostgreSQL for all suites of a Jest run. It lives in Jest's main process and is started when the first suite asks over
 * HTTP, so that a run of unit tests alone pays nothing. The address is in TONEGRID_TEST_SHARED.
 */
export interface SharedCluster {
  readonly url: string;
  stop(): Promise<void>;
}

export async function offerSharedCluster(): Promise<SharedCluster> {
  let cluster: Promise<Cluster> | undefined;
  const server: Server = createServer((_, answer) => {
    cluster ??= startCluster();
    cluster.then(
      ({ adminUrl }) => answer.end(adminUrl),
      (error: Error) => answer.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await (await cluster?.catch(() => undefined))?.stop();
    },
  };
}

/** The administrator's URL of the shared server, or undefined outside a Jest run that offers one. */
export async function sharedAdminUrl(): Promise<string | undefined> {
  if (process.env['TONEGRID_TEST_POSTGRES']) return process.env['TONEGRID_TEST_POSTGRES'];
  const offered = process.env['TONEGRID_TEST_SHARED'];
  if (!offered) return undefined;
  const answer = await fetch(offered);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the shared PostgreSQL does not start: ${text}`);
  return text;
}
