import { MigrationExecutor, type MigrationInterface } from 'typeorm';
import type { Data } from './data';
import { createDataSource } from './open-data';

export interface MigrationOptions {
  /** MIGRATION_DATABASE_URL: the role that owns the tables. */
  url: string;
  /** The service's runtime role, which gets the grants: the user of DATABASE_URL, see `roleOf`. */
  appRole: string;
  migrations: (new () => MigrationInterface)[];
}

// One number for all services: each has a database of its own, and advisory locks are per database.
const lock = 7_020_261_004n;

/** The role in a database URL. */
export const roleOf = (url: string): string => decodeURIComponent(new URL(url).username);

/**
 * Runs what is pending, each migration in a transaction of its own. Several processes may call it at once: one works, the
 * others wait and then find nothing to do. Migrations run as the owner with the tenant setting `*`, because forced row-level
 * security binds the owner too, and with `tonegrid.app_role` set for `grantApp`. Returns the names of those that ran.
 */
export async function runMigrations({ url, appRole, migrations }: MigrationOptions): Promise<string[]> {
  const dataSource = createDataSource({ url, migrations, poolSize: 2, statementTimeout: 0, applicationName: 'tonegrid-migrate' });
  await dataSource.initialize();
  try {
    const runner = dataSource.createQueryRunner();
    await runner.connect();
    try {
      await runner.query('select pg_advisory_lock($1)', [lock]);
      // Waiting longer for a table means that all its readers wait behind us: better to fail and be run again.
      await runner.query(
        `select set_config('lock_timeout', '20s', false), set_config('tonegrid.app_role', $1, false), set_config('tonegrid.tenant', '*', false)`,
        [appRole],
      );
      const executor = new MigrationExecutor(dataSource, runner);
      executor.transaction = 'each';
      const done = await executor.executePendingMigrations();
      // The service's readiness asks what is pending.
      await runner.query(
        `do $$ begin execute format('grant select on table "migrations" to %I', current_setting('tonegrid.app_role')); end $$`,
      );
      return done.map(({ name }) => name);
    } finally {
      await runner.release();
    }
  } finally {
    await dataSource.destroy(); // ends the session, and with it the lock
  }
}

/** The names of migrations that this build has and the database has not: not ready while there is one. */
export async function pendingMigrations(data: Data): Promise<string[]> {
  const known = data.dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
  const done = await data.system(async (tx) => {
    const [{ there }] = (await tx.query<{ there: boolean }>(`select to_regclass('migrations') is not null as there`)) as [
      { there: boolean },
    ];
    return there ? tx.query<{ name: string }>('select name from migrations') : [];
  });
  const names = new Set(done.map(({ name }) => name));
  return known.filter((name) => !names.has(name));
}
