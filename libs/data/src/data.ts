import type { Pool, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { isRetryable, isStalePlan, isUnavailable, translated, unavailable } from './database-errors';
import { actingAs, readAs, runStatements, withStackOfCaller, type Statement } from './statements';
import { Reads } from './reads';
import { commit, Transaction, type Tx } from './transaction';

/** Whoever acts; only the tenant matters here. */
export interface Tenant {
  tenantUuid: string;
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const everyTenant = '*';
/** Must be said before any query, so it is said here. */
const beginSnapshot: Statement = { name: 'tonegrid_begin_snapshot', text: 'begin isolation level repeatable read, read only' };
/** How often the whole work is run when PostgreSQL undoes it because of others (40001, 40P01). */
const attempts = 4;

// The setting's value comes from here alone, so `*` cannot be smuggled in as somebody's tenant.
function tenantOf(caller: Tenant): string {
  if (!uuidForm.test(caller.tenantUuid)) throw new Error(`not a tenant: "${caller.tenantUuid}"`);
  return caller.tenantUuid.toLowerCase();
}

/**
 * The database of a service. All access goes through here, and each access says for whom: row-level security shows and takes
 * only that tenant's rows. A lost database is `Refused('service.unavailable')`; the pool reconnects by itself.
 */
export class Data {
  private readonly guarded = new WeakSet<PoolClient>();
  private gathered: Reads | undefined;

  constructor(
    readonly dataSource: DataSource,
    private readonly onClose: () => void = () => undefined,
  ) {}

  /** The pool that TypeORM made; its connections see no tenant's rows outside of the methods below. */
  get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  /**
   * Runs the work in one transaction as the caller's tenant. The work may be run again as a whole, when PostgreSQL undid it
   * for the sake of another (serialization failure, deadlock): it must not have effects outside the transaction.
   */
  async transaction<T>(caller: Tenant, work: (tx: Tx) => Promise<T>): Promise<T> {
    const tenant = tenantOf(caller);
    return this.repeat(() => this.attempt(tenant, work));
  }

  /**
   * Several selects as the caller's tenant in one round trip, read-only, all of which see the database as of one moment. Gives the rows
   * of each.
   */
  async snapshot(caller: Tenant, statements: readonly Statement[]): Promise<unknown[][]> {
    const tenant = tenantOf(caller);
    return this.repeat(async () => {
      const client = await this.checkOut();
      const { answers, error } = await runStatements(client, [beginSnapshot, { ...actingAs, values: [tenant] }, ...statements, commit]);
      // After a failure, which is rare, its transaction is still open: the connection is closed with it.
      client.release(error !== undefined);
      if (error) throw withStackOfCaller(error);
      return answers.slice(2, -1).map(({ rows }) => rows);
    });
  }

  /** Like `transaction`, over all tenants: for relays, sweeps and workers that serve every tenant, never for a caller's request. */
  system<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.repeat(() => this.attempt(everyTenant, work));
  }

  /**
   * One select as the caller's tenant, read-only, in one round trip. `name` makes it a prepared statement, planned once a
   * connection, which may travel in one message with reads of other callers: give one to each short fixed text on a busy path, and
   * never two texts the same name.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rows are what the SQL says; stores name the type
  async read<R = any>(caller: Tenant, sql: string, params: unknown[] = [], name?: string): Promise<R[]> {
    return this.readOnce<R>(tenantOf(caller), sql, params, name);
  }

  /** Like `read`, over all tenants; see `system`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rows are what the SQL says; stores name the type
  systemRead<R = any>(sql: string, params: unknown[] = [], name?: string): Promise<R[]> {
    return this.readOnce<R>(everyTenant, sql, params, name);
  }

  /** Asks the database whether it answers, at most for `timeout` milliseconds; throws `service.unavailable` if not. */
  async ping(timeout = 2000): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unavailable(new Error(`no answer in ${timeout} ms`))), timeout);
    });
    try {
      await Promise.race([this.pool.query('select 1'), late]);
    } catch (error) {
      throw translated(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for running queries and closes all connections. */
  async close(): Promise<void> {
    this.onClose();
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async readOnce<R>(tenant: string, sql: string, params: unknown[], name?: string): Promise<R[]> {
    const statement = { name, text: sql, values: params };
    try {
      // What has a name is short and asked for often; anything else must not hold up what is.
      if (name !== undefined) return await this.reads.read<R>(tenant, statement);
      return await this.once((client) => readAs<R>(client, tenant, statement));
    } catch (error) {
      // A migration changed the columns of a statement that was prepared before it: without a name it is planned anew.
      if ((error as { code?: string }).code !== '0A000' || name === undefined) throw translated(error);
      return this.once((client) => readAs<R>(client, tenant, { text: sql, values: params })).catch((second: unknown) => {
        throw translated(second);
      });
    }
  }

  /** A third of the pool: the rest is for transactions, and few connections make for full messages. */
  private get reads(): Reads {
    return (this.gathered ??= new Reads(() => this.checkOut(), Math.max(2, Math.ceil(this.pool.options.max / 3))));
  }

  /** One round trip outside of a transaction. */
  private async once<R>(work: (client: PoolClient) => Promise<R[]>): Promise<R[]> {
    const client = await this.checkOut();
    try {
      const rows = await work(client);
      client.release();
      return rows;
    } catch (error) {
      client.release(isUnavailable(error) || isStalePlan(error));
      throw error;
    }
  }

  private async repeat<T>(attempt: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (error) {
        if (!isRetryable(error)) throw translated(error);
        if (failures === attempts) throw unavailable(error);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** failures));
      }
    }
  }

  private async attempt<T>(tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.checkOut();
    const tx = new Transaction(client, this.dataSource, tenant);
    let broken = false;
    try {
      const result = await work(tx);
      await tx.commit();
      return result;
    } catch (error) {
      await tx.finish();
      broken = tx.begun;
      if (broken && !isUnavailable(error)) {
        broken = await client.query('rollback').then(
          () => false,
          () => true, // the connection is closed below, which rolls back as well
        );
        broken ||= isStalePlan(error);
      }
      throw error;
    } finally {
      client.release(broken);
    }
  }

  private async checkOut(): Promise<PoolClient> {
    const client = await this.pool.connect();
    // A connection that is lost while in use emits 'error' besides failing its query; unheard, it would end the process.
    if (!this.guarded.has(client)) {
      this.guarded.add(client);
      client.on('error', () => undefined);
    }
    return client;
  }
}
