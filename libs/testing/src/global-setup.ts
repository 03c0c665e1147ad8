import { offerSharedCluster, type SharedCluster } from './shared';

/** Jest's globalSetup: offers one PostgreSQL to all suites of the run. */
export default async function setup(): Promise<void> {
  const shared = await offerSharedCluster();
  process.env['TONEGRID_TEST_SHARED'] = shared.url;
  (globalThis as { tonegridShared?: SharedCluster }).tonegridShared = shared;
}
