import { logger } from '@tonegrid/rpc';
import type { PoolClient } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { actingAs, withStackOfCaller, runStatements, type Answer, type Statement } from './statements';

/** The running transaction. It is over when the work given to `Data.transaction` returns; using it later throws. */
export interface Tx {
  /**
   * Runs a statement and gives its rows. int8 and numeric are text, date is `YYYY-MM-DD`, timestamptz a Date. `name` makes it a
   * prepared statement, planned once a connection, as for `Data.read`: planning takes most of the time of a statement with many parts.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rows are what the SQL says; stores name the type
  query<R = any>(sql: string, params?: unknown[], name?: string): Promise<R[]>;
  /**
   * Runs several statements in one round trip, each after the one before and seeing what it did, and gives the rows of each. None
   * behind a failing one is run.
   */
  batch(statements: Statement[]): Promise<unknown[][]>;
  /**
   * Sends a statement along with the next one, in front of it, for the round trip that it saves, and gives its rows when they are
   * there: `flush` sends what has not left. The promise rejects when the transaction ends without it.
   */
  ahead<R>(sql: string, params?: unknown[], name?: string): Promise<R[]>;
  /** Sends what waits to be sent along with the next statement. */
  flush(): Promise<void>;
  /**
   * Runs a statement together with the commit, for the round trip that it saves. When it fails, nothing is committed, and that is the
   * transaction's error. What a savepoint undoes is not run.
   */
  last(sql: string, params?: unknown[], name?: string): void;
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

/** A statement on its way in front of another, and who waits for its rows. */
interface Ahead extends Statement {
  told?: { resolve(rows: unknown[]): void; reject(error: unknown): void };
}

const begin: Statement = { name: 'tonegrid_begin', text: 'begin' };
export const commit: Statement = { name: 'tonegrid_commit', text: 'commit' };
const unfinished = 'the transaction was rolled back: the work went on after a failed statement';

/**
 * A transaction on one connection, with as few round trips as it can have: BEGIN and the tenant travel with the first statement, what
 * is `last` with COMMIT, and a transaction without statements is none.
 */
export class Transaction implements Tx {
  /** Whether BEGIN was sent. */
  begun = false;
  private over = false;
  private savepoints = 0;
  private waiting: Ahead[];
  private lasting: Statement[] = [];
  private callbacks: (() => void)[] = [];
  private runner: QueryRunner | undefined;

  constructor(
    private readonly client: PoolClient,
    private readonly dataSource: DataSource,
    readonly tenantUuid: string,
  ) {
    this.waiting = [begin, { ...actingAs, values: [tenantUuid] }];
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see Tx
  async query<R = any>(text: string, values?: unknown[], name?: string): Promise<R[]> {
    const [answer] = await this.send([{ text, values, name }]);
    return answer!.rows as R[];
  }

  async batch(statements: Statement[]): Promise<unknown[][]> {
    return (await this.send(statements)).map(({ rows }) => rows);
  }

  ahead<R>(text: string, values?: unknown[], name?: string): Promise<R[]> {
    this.assertRunning();
    const rows = new Promise<R[]>((resolve, reject) =>
      this.waiting.push({ text, values, name, told: { resolve: resolve as (rows: unknown[]) => void, reject } }),
    );
    rows.catch(() => undefined);
    return rows;
  }

  async flush(): Promise<void> {
    if (this.waiting.some(({ told }) => told)) await this.send([]);
  }

  last(text: string, values?: unknown[], name?: string): void {
    this.assertRunning();
    this.lasting.push({ text, values, name });
  }

  get manager(): EntityManager {
    this.assertRunning();
    // TypeORM's statements queue up behind these on the connection; what fails here fails them too.
    if (this.waiting.length > 0) void this.send([]).catch(() => undefined);
    if (!this.runner) {
      this.runner = this.dataSource.createQueryRunner();
      const internals: RunnerInternals = { databaseConnection: this.client, isTransactionActive: true, transactionDepth: 1 };
      Object.assign(this.runner, internals);
    }
    return this.runner.manager;
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    this.assertRunning();
    const name = `tonegrid_${++this.savepoints}`;
    const mark: Ahead = { text: `savepoint ${name}` };
    const [lasting, callbacks] = [this.lasting.length, this.callbacks.length];
    this.waiting.push(mark);
    // Whoever has TypeORM's manager in hand sends statements that this does not see.
    if (this.runner) await this.send([]);
    try {
      const result = await work();
      if (this.waiting.at(-1) === mark) this.waiting.pop();
      else this.waiting.push({ text: `release savepoint ${name}` });
      return result;
    } catch (error) {
      this.lasting.length = lasting;
      this.callbacks.length = callbacks;
      const unsent = this.waiting.indexOf(mark);
      this.drop(unsent === -1 ? 0 : unsent, error);
      if (unsent === -1) this.waiting.push({ text: `rollback to savepoint ${name}` }, { text: `release savepoint ${name}` });
      throw error;
    }
  }

  afterCommit(callback: () => void): void {
    this.callbacks.push(callback);
  }

  /** Commits, and calls back. Throws, with nothing committed, when a statement of the work or one of the last has failed. */
  async commit(): Promise<void> {
    await this.flush();
    await this.finish();
    if (this.begun || this.lasting.length > 0) {
      const sent = [...this.waiting, ...this.lasting, commit];
      this.begun = true;
      const { answers, error } = await runStatements(this.client, sent);
      // 25P02: an earlier failure, which the work has swallowed. PostgreSQL answers COMMIT alone with ROLLBACK and no error.
      if ((error as { code?: string } | undefined)?.code === '25P02') throw new Error(unfinished, { cause: error });
      if (error) throw withStackOfCaller(error);
      this.begun = false;
      if (answers.at(-1)!.command !== 'COMMIT') throw new Error(unfinished);
    }
    for (const callback of this.callbacks) {
      try {
        callback();
      } catch (error) {
        // The change is there: a failed hint must not tell its caller otherwise.
        logger.error({ err: error }, 'a callback after commit failed');
      }
    }
  }

  /** Takes no more statements. Must be called before the connection goes back to the pool; `commit` does it. */
  async finish(): Promise<void> {
    this.over = true;
    for (const { told } of this.waiting) told?.reject(new Error('the transaction ended before this statement was sent'));
    await this.runner?.release();
  }

  private async send(statements: Statement[]): Promise<Answer[]> {
    this.assertRunning();
    const before = this.waiting;
    this.waiting = [];
    this.begun = true;
    const { answers, error } = await runStatements(this.client, [...before, ...statements]);
    before.forEach(({ told }, n) => {
      const answer = answers[n];
      if (answer) told?.resolve(answer.rows);
      else told?.reject(error);
    });
    if (error) throw withStackOfCaller(error);
    return answers.slice(before.length);
  }

  /** Takes statements back that have not left, from a place on. */
  private drop(from: number, error: unknown): void {
    for (const { told } of this.waiting.splice(from)) told?.reject(error);
  }

  private assertRunning(): void {
    if (this.over) throw new Error('the transaction is over: a query was not awaited, or its tx was kept');
  }
}
