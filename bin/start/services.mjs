import { get } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from '../setup/root.mjs';
import { environmentOf } from './environment.mjs';
import { ranks } from './processes.mjs';

/** The services as parts, each with the environment of its own. */
export function serviceParts(platform) {
  return platform.layout.services.map((service) => ({
    name: service.name,
    rank: service.name === 'gateway' ? ranks.gateway : ranks.service,
    port: ['http', 'grpc', 'sftp', 'rest'].flatMap((kind) => service.ports[kind] ?? []).join(', '),
    program: process.execPath,
    args: [service.main],
    env: environmentOf(service, platform),
    cwd: dirname(dirname(service.main)),
    signal: 'TERM',
    ready: () => answersReady(service.ports.admin),
    // A look costs a service some milliseconds of the seconds that it has for its start, eight services on two cores.
    lookEvery: 250,
  }));
}

/** Whether the admin port says that the service is ready. */
function answersReady(port) {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/readyz', timeout: 3000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('error', () => resolve(false));
    request.once('timeout', () => request.destroy());
  });
}

/**
 * Databases and roles on the server behind `adminUrl`, as far as they are not there. By the helper of libs/data itself; its file and
 * not the lib's index, which would load TypeORM for nothing.
 */
export async function prepareDatabases(adminUrl, databases) {
  const { default: module } = await import(join(root, 'libs/data/dist/src/prepare-database.js'));
  for (const database of databases) await module.prepareDatabase(adminUrl, database);
}

/** Drops those of the databases that are there, ending the sessions in them; answers their names. Roles stay: they are set anew. */
export async function dropDatabases(adminUrl, databases) {
  const { Client, escapeIdentifier } = createRequire(join(root, 'libs/data/package.json'))('pg');
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    const { rows } = await admin.query('select datname from pg_database where datname = any($1) order by datname', [databases]);
    for (const { datname } of rows) await admin.query(`drop database ${escapeIdentifier(datname)} with (force)`);
    return rows.map(({ datname }) => datname);
  } finally {
    await admin.end();
  }
}
