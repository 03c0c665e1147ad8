import { openData, roleOf, runMigrations, type Data } from '@tonegrid/data';
import { askForReplay, listDeadLetters } from '@tonegrid/events';
import { logger } from '@tonegrid/rpc';
import type { MigrationInterface } from 'typeorm';
import { ConfigError, readDatabaseConfig, readMigrationConfig } from './config';
import type { Stopping } from './stopping';

/** The parts of a service that commands are about. */
export interface Commanded {
  name: string;
  database?: { migrations: (new () => MigrationInterface)[] };
  events?: boolean;
}

/** Exit status for a command that there is not (EX_USAGE of sysexits.h). */
const misused = 64;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const usage = `what it can be told, in place of serving:
  migrate                     runs its migrations
  dead-letters                lists the events that its consumers have given up, a line of JSON each
  replay all | <event id> …   has them handled again, by the running service and within seconds
`;

/** Does what the service was told on its command line, and answers the exit status. Throws ConfigError. */
export async function runCommand(service: Commanded, [command, ...rest]: string[], stopping: Stopping): Promise<number> {
  switch (command) {
    case 'migrate':
      if (rest.length > 0) break;
      return migrate(service, stopping);
    case 'dead-letters':
      if (rest.length > 0) break;
      return withData(service, async (data) => {
        for (const letter of await listDeadLetters(data)) process.stdout.write(`${JSON.stringify(letter)}\n`);
        return 0;
      });
    case 'replay':
      if (rest.length === 0 || (rest[0] !== 'all' && !rest.every((id) => uuid.test(id)))) break;
      return withData(service, (data) => replay(data, rest));
    default:
      break;
  }
  process.stderr.write(usage);
  return misused;
}

/** Migrations alone need the two database URLs and nothing else. */
async function migrate(service: Commanded, stopping: Stopping): Promise<number> {
  if (!service.database) throw new ConfigError([`${service.name} owns no database: there is nothing to migrate`]);
  const { MIGRATION_DATABASE_URL: url, DATABASE_URL: runtime } = readMigrationConfig();
  void stopping.asked.then((signal) => {
    logger.fatal({ signal }, 'stopped while migrating: the migration that ran is undone');
    process.exit(1);
  });
  const done = await runMigrations({ url, appRole: roleOf(runtime), migrations: service.database.migrations });
  logger.info({ migrations: done }, done.length > 0 ? 'migrated' : 'nothing to migrate');
  return 0;
}

async function withData(service: Commanded, work: (data: Data) => Promise<number>): Promise<number> {
  if (!service.database || !service.events) throw new ConfigError([`${service.name} handles no events: there are no dead letters`]);
  const data = await openData({
    url: readDatabaseConfig().DATABASE_URL,
    poolSize: 2,
    startTimeout: 0,
    applicationName: `tonegrid-${service.name}-command`,
  });
  try {
    return await work(data);
  } finally {
    await data.close();
  }
}

async function replay(data: Data, which: string[]): Promise<number> {
  const ids = which[0] === 'all' ? 'all' : which.map((id) => id.toLowerCase());
  const asked = await askForReplay(data, ids);
  logger.info({ events: asked }, 'asked for');
  const unknown = ids === 'all' ? [] : ids.filter((id) => !asked.includes(id));
  if (unknown.length === 0) return 0;
  logger.error({ events: unknown }, 'are no dead letters');
  return 1;
}
