import type { SharedCluster } from './shared';

/** Jest's globalTeardown: ends the shared PostgreSQL, if a suite has asked for it. */
export default async function teardown(): Promise<void> {
  await (globalThis as { tonegridShared?: SharedCluster }).tonegridShared?.stop();
}
