import type { Pool, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { isRetryable, isStalePlan, isUnavailable, translated, unavailable } from './database-errors';
import { queryAs } from './tenant-query';
import { transactionOn, type Tx } from './transaction';

/** Whoever acts; only the tenant matters here. */
export interface Tenant {
  tenantUuid: string;
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const everyTenant = '*';
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
    return this.repeat(tenantOf(caller), work);
  }

  /** Like `transaction`, over all tenants: for relays, sweeps and workers that serve every tenant, never for a caller's request. */
  system<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.repeat(everyTenant, work);
  }

  /**
   * One select as the caller's tenant, read-only, in one round trip. `name` makes it a prepared statement, planned once a
   * connection: give one to each fixed text on a busy path, and never two texts the same name.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rows are what the SQL says; stores name the type
  async read<R = any>(caller: Tenant, sql: string, params: unknown[] = [], name?: string): Promise<R[]> {
    const tenant = tenantOf(caller);
    try {
      return await this.readOnce<R>(tenant, { name, text: sql, values: params });
    } catch (error) {
      // A migration changed the columns of a statement that was prepared before it: without a name it is planned anew.
      if ((error as { code?: string }).code !== '0A000' || name === undefined) throw translated(error);
      return this.readOnce<R>(tenant, { text: sql, values: params }).catch((second: unknown) => {
        throw translated(second);
      });
    }
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

  private async readOnce<R>(tenant: string, query: { name?: string; text: string; values: unknown[] }): Promise<R[]> {
    const client = await this.checkOut();
    try {
      const rows = await queryAs<R>(client, tenant, query);
      client.release();
      return rows;
    } catch (error) {
      client.release(isUnavailable(error) || (error as { code?: string }).code === '0A000');
      if (error instanceof Error) Error.captureStackTrace(error); // else it ends in the driver's socket
      throw error;
    }
  }

  private async repeat<T>(tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(tenant, work);
      } catch (error) {
        if (!isRetryable(error)) throw translated(error);
        if (attempt === attempts) throw unavailable(error);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
      }
    }
  }

  private async attempt<T>(tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.checkOut();
    const { tx, finish, committed } = transactionOn(client, this.dataSource, tenant);
    let broken = true;
    try {
      // One message: BEGIN and the setting travel together. The value is a uuid or '*', see tenantOf.
      await client.query(`begin; set local tonegrid.tenant = '${tenant}'`);
      const result = await work(tx);
      await finish();
      const { command } = await client.query('commit');
      broken = false;
      // A failed statement whose error the work has swallowed: PostgreSQL answers COMMIT with ROLLBACK and no error.
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back: the work went on after a failed statement');
      committed();
      return result;
    } catch (error) {
      await finish();
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
