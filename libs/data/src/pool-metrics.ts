import { metrics } from '@tonegrid/rpc';
import type { Pool } from 'pg';
import { Gauge } from 'prom-client';

const pools = new Set<Pool>();

new Gauge({
  name: 'database_pool_connections',
  help: 'Connections of the pool by state, and callers that wait for one',
  labelNames: ['state'] as const,
  registers: [metrics.registry],
  collect() {
    const sum = (count: (pool: Pool) => number) => [...pools].reduce((total, pool) => total + count(pool), 0);
    this.set(
      { state: 'idle' },
      sum((pool) => pool.idleCount),
    );
    this.set(
      { state: 'busy' },
      sum((pool) => pool.totalCount - pool.idleCount),
    );
    this.set(
      { state: 'waiting' },
      sum((pool) => pool.waitingCount),
    );
  },
});

/** Shows a pool in `/metrics` until the returned function is called. */
export function observePool(pool: Pool): () => void {
  pools.add(pool);
  return () => void pools.delete(pool);
}
