import type { PoolClient } from 'pg';

interface ClientInternals {
  /** The query whose answer is awaited. */
  _activeQuery: object | null;
  connection: { stream: { destroy(error: Error): void } };
}

/** What a query fails with whose connection was ended here. */
export const silent = 'the database does not answer';

/**
 * Ends connections on which a query has waited too long for its answer. The server ends slow statements itself (statement_timeout): one
 * that does not even do that has gone without a word, and the connection is of no use any more.
 *
 * `query_timeout` of node-postgres does this too, at a price: for each query it assigns a closure to a property, which V8 allocates in old
 * space, so that all rows of all queries outlive every collection but the full ones. Collections of young objects then took 20 to 40
 * milliseconds in place of one.
 */
export class Silence {
  private readonly waits = new Map<PoolClient, { query: object | null; since: number }>();
  private timer: NodeJS.Timeout | undefined;

  /** @param most milliseconds that a query may wait */
  constructor(private readonly most: number) {}

  /** Watches a connection until it ends. */
  watch(client: PoolClient): void {
    if (this.waits.has(client)) return;
    client.once('end', () => this.forget(client));
    this.waits.set(client, { query: null, since: 0 });
    this.timer ??= setInterval(() => this.look(performance.now()), Math.min(1000, this.most / 4)).unref();
  }

  private forget(client: PoolClient): void {
    this.waits.delete(client);
    if (this.waits.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(now: number): void {
    for (const [client, wait] of this.waits) {
      const { _activeQuery: query, connection } = client as unknown as ClientInternals;
      if (query === null || query !== wait.query) this.waits.set(client, { query, since: now });
      else if (now - wait.since > this.most) connection.stream.destroy(new Error(silent));
    }
  }
}
