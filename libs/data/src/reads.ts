import type { PoolClient } from 'pg';
import { isUnavailable, isStalePlan } from './database-errors';
import { readingAs, withStackOfCaller, runStatements, type Statement } from './statements';

interface Read {
  tenant: string;
  statement: Statement;
  resolve(rows: unknown[]): void;
  reject(error: unknown): void;
}

/**
 * Short reads of many callers over a few connections: who comes while all are busy waits, and what waits goes in one message, each read as its
 * own tenant. Waking a server process for each read costs more than many a read itself. Alone, a read is sent at once.
 */
export class Reads {
  private waiting: Read[] = [];
  private busy = 0;

  /**
   * @param checkOut a connection of the pool
   * @param lanes connections in use at once, at most
   * @param most reads in one message; each waits for those before it
   */
  constructor(
    private readonly checkOut: () => Promise<PoolClient>,
    private readonly lanes: number,
    private readonly most = 8,
  ) {}

  /** The rows of one select as one tenant. It sees what had been committed when it began, and can change nothing. */
  read<R>(tenant: string, statement: Statement): Promise<R[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ tenant, statement, resolve: resolve as (rows: unknown[]) => void, reject });
      if (this.busy < this.lanes) void this.lane();
    });
  }

  private async lane(): Promise<void> {
    this.busy += 1;
    while (this.waiting.length > 0) {
      let client: PoolClient;
      try {
        client = await this.checkOut();
      } catch (error) {
        for (const { reject } of this.waiting.splice(0, this.most)) reject(error);
        continue;
      }
      const some = this.waiting.splice(0, this.most);
      if (some.length === 0) client.release();
      else await this.ask(client, some);
    }
    this.busy -= 1;
  }

  private async ask(client: PoolClient, reads: Read[]): Promise<void> {
    const statements = reads.flatMap(({ tenant, statement }) => [{ ...readingAs, values: [tenant] }, statement]);
    const { answers, error } = await runStatements(client, statements);
    client.release(error !== undefined && (isUnavailable(error) || isStalePlan(error)));
    // Each read has two answers, the first that of its tenant's setting.
    const answered = error ? Math.floor(answers.length / 2) : reads.length;
    reads.slice(0, answered).forEach(({ resolve }, n) => resolve(answers[2 * n + 1]!.rows));
    if (!error) return;
    const [failed, ...behind] = reads.slice(answered);
    // None failed when the connection was lost behind the last answer.
    failed?.reject(withStackOfCaller(error));
    // What stood behind the failing read was not run.
    if (isUnavailable(error)) for (const { reject } of behind) reject(error);
    else this.waiting.unshift(...behind);
  }
}
