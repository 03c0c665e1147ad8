import { logger } from '@tonegrid/rpc';
import type { PoolClient, QueryResult } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

/** The running transaction. It is over when the work given to `Data.transaction` returns; using it later throws. */
export interface Tx {
  /**
   * Runs a statement and gives its rows. int8 and numeric are text, date is `YYYY-MM-DD`, timestamptz a Date. `name` makes it a
   * prepared statement, planned once a connection, as for `Data.read`: planning takes most of the time of a statement with many parts.
   * A text without parameters may hold several statements, one round trip for all: the rows are those of each in turn.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rows are what the SQL says; stores name the type
  query<R = any>(sql: string, params?: unknown[], name?: string): Promise<R[]>;
  /** TypeORM on the same connection and in the same transaction. */
  readonly manager: EntityManager;
  /** Runs a part whose failure undoes that part alone; the error is thrown on. */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Calls back once the transaction has committed, never if it has not. For hints that may be lost (a wake-up), not for work
   * that must happen: what it throws is logged only.
   */
  afterCommit(callback: () => void): void;
  /** Whose rows are seen and written; `*`: all tenants. */
  readonly tenantUuid: string;
}

/** What TypeORM keeps of a connection; set here so that its manager works in a transaction that it did not begin. */
interface RunnerInternals {
  databaseConnection: PoolClient;
  isTransactionActive: boolean;
  transactionDepth: number;
}

/**
 * A transaction's face for one connection. `finish` must be called before the connection goes back to the pool, `committed`
 * after COMMIT.
 */
export function transactionOn(
  client: PoolClient,
  dataSource: DataSource,
  tenantUuid: string,
): { tx: Tx; finish(): Promise<void>; committed(): void } {
  const callbacks: (() => void)[] = [];
  let over = false;
  let savepoints = 0;
  let runner: QueryRunner | undefined;
  const run = async (text: string, values?: unknown[], name?: string) => {
    if (over) throw new Error('the transaction is over: a query was not awaited, or its tx was kept');
    return client.query({ name, text, values });
  };
  const tx: Tx = {
    tenantUuid,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see Tx
    query: async <R = any>(sql: string, params?: unknown[], name?: string) => {
      const result: QueryResult | QueryResult[] = await run(sql, params, name);
      return (Array.isArray(result) ? result.flatMap(({ rows }) => rows) : result.rows) as R[];
    },
    get manager() {
      if (over) throw new Error('the transaction is over');
      if (!runner) {
        runner = dataSource.createQueryRunner();
        Object.assign(runner as unknown as RunnerInternals, { databaseConnection: client, isTransactionActive: true, transactionDepth: 1 });
      }
      return runner.manager;
    },
    async savepoint(work) {
      const name = `tonegrid_${++savepoints}`;
      await run(`savepoint ${name}`);
      try {
        const result = await work();
        await run(`release savepoint ${name}`);
        return result;
      } catch (error) {
        await run(`rollback to savepoint ${name}; release savepoint ${name}`).catch((second: unknown) => {
          // The connection is gone: the first error says so already, and the transaction will not commit.
          if (error instanceof Error && error.cause === undefined) error.cause = second;
        });
        throw error;
      }
    },
    afterCommit: (callback) => void callbacks.push(callback),
  };
  return {
    tx,
    committed() {
      for (const callback of callbacks) {
        try {
          callback();
        } catch (error) {
          // The change is there: a failed hint must not tell its caller otherwise.
          logger.error({ err: error }, 'a callback after commit failed');
        }
      }
    },
    async finish() {
      over = true;
      await runner?.release();
    },
  };
}
