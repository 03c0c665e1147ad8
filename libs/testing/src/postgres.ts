import { randomBytes } from 'node:crypto';
import { prepareDatabase } from '@tonegrid/data';
import { Client } from 'pg';
import { startCluster } from './cluster';
import { sharedAdminUrl } from './shared';

/** A database of a suite's own: empty, with the two roles that a service has. */
export interface TestDatabase {
  readonly name: string;
  readonly appRole: string;
  /** As the service runs: owns nothing, bound by row-level security (DATABASE_URL). */
  readonly url: string;
  /** As migrations run: owns the tables (MIGRATION_DATABASE_URL). */
  readonly migrationUrl: string;
  /** As superuser, for looking at everything. */
  readonly adminUrl: string;
}

export interface RunningPostgres {
  readonly port: number;
  readonly adminUrl: string;
  /** Makes a database; `name` is the beginning of its name, the rest is random. */
  createDatabase(name: string): Promise<TestDatabase>;
  /** Kills every process of the server with SIGKILL. Only for a server of one's own. */
  kill9(): Promise<void>;
  /** Starts it again on the same data and port. Only for a server of one's own. */
  restart(): Promise<void>;
  log(): string;
  /** Removes the databases that were made; ends the server if it is one's own. */
  stop(): Promise<void>;
}

const refuse = (): never => {
  throw new Error('this PostgreSQL is shared by all suites: start one with startPostgres({ own: true })');
};

/**
 * A real PostgreSQL 18 for a suite. By default the one that the Jest run shares (or that TONEGRID_TEST_POSTGRES names: a
 * superuser's URL), with databases of one's own; `own: true` starts a server for this suite alone, which it may kill.
 * `settings` are server settings and imply a server of one's own.
 */
export async function startPostgres(options: { own?: boolean; settings?: Record<string, string> } = {}): Promise<RunningPostgres> {
  const shared = options.own || options.settings ? undefined : await sharedAdminUrl();
  const cluster = shared === undefined ? await startCluster(options.settings) : undefined;
  const adminUrl = shared ?? cluster!.adminUrl;
  const made: { database: string; roles: string[] }[] = [];

  const urlOf = (database: string, role?: string, password?: string): string => {
    const url = new URL(adminUrl);
    url.pathname = `/${database}`;
    if (role) url.username = role;
    if (password) url.password = password;
    return url.toString();
  };

  async function dropAll(): Promise<void> {
    const client = new Client({ connectionString: adminUrl });
    await client.connect();
    try {
      for (const { database, roles } of made.splice(0)) {
        await client.query(`drop database if exists "${database}" with (force)`);
        for (const role of roles) await client.query(`drop role if exists "${role}"`);
      }
    } finally {
      await client.end();
    }
  }

  return {
    port: Number(new URL(adminUrl).port || 5432),
    adminUrl,
    async createDatabase(name) {
      const database = `${name.replace(/[^a-z0-9]/g, '_')}_${randomBytes(5).toString('hex')}`;
      const owner = { name: `${database}_owner`, password: randomBytes(12).toString('hex') };
      const app = { name: `${database}_app`, password: randomBytes(12).toString('hex') };
      made.push({ database, roles: [owner.name, app.name] });
      await prepareDatabase(adminUrl, { database, owner, app });
      return {
        name: database,
        appRole: app.name,
        url: urlOf(database, app.name, app.password),
        migrationUrl: urlOf(database, owner.name, owner.password),
        adminUrl: urlOf(database),
      };
    },
    kill9: cluster ? cluster.kill9 : refuse,
    restart: cluster ? cluster.restart : refuse,
    log: cluster ? cluster.log : refuse,
    stop: () => (cluster ? cluster.stop() : dropAll()),
  };
}
