import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ddexSchemas } from '../setup/ddex-schemas.mjs';
import { local } from '../setup/root.mjs';
import { Stop } from '../setup/stop.mjs';
import { databaseOf, publicUrl } from './environment.mjs';
import { portsOf, readLayout } from './layout.mjs';
import { followLogs } from './logs.mjs';
import { checkMigrations } from './migrations.mjs';
import { natsPart } from './nats.mjs';
import { onlyOne } from './only-one.mjs';
import { Part } from './part.mjs';
import { checkPorts } from './ports.mjs';
import { embeddedPostgres, removeData } from './postgres.mjs';
import { endLeftBehind, startKeeper } from './processes.mjs';
import { recipe } from './recipe.mjs';
import { step, welcome } from './screen.mjs';
import { sandboxSecrets, writePrivate } from './secrets.mjs';
import { dropDatabases, prepareDatabases, serviceParts } from './services.mjs';
import { stopInOrder, whenToldToStop } from './stopping.mjs';

/** Starts everything, shows the screen, and stays until told to stop. */
export async function runSandbox({ prepare, fresh, verbose }) {
  const print = (text) => process.stdout.write(text);
  print('ToneGrid sandbox\n');
  // Before anything is installed or built, which would be under a sandbox that runs.
  await onlyOne();
  const nats = await prepare((what, word, took) => print(step(what, word, took)));
  const ready = performance.now();

  const orphans = await endLeftBehind();
  if (orphans.length > 0) print(step('clean-up', `ended what an earlier start had left running: ${orphans.join(', ')}`));
  const layout = readLayout();
  if (layout.services.length === 0) throw new Stop('There is no service to start: services/ holds none that is built.');
  const operators = { database: process.env.DATABASE_URL, nats: process.env.NATS_URL };
  if (fresh) await wipe(operators.database, layout, print);
  for (const folder of ['logs', 'storage']) mkdirSync(join(local, folder), { recursive: true, mode: 0o700 });
  await checkPorts(portsOf(layout, { postgres: !operators.database, nats: !operators.nats }));

  const parts = [];
  const letKeeperGo = startKeeper();
  const stopped = whenToldToStop(() => stopInOrder(parts, { print, letKeeperGo }));
  const add = (definition) => {
    const part = new Part(definition, (text) => print(`  ${new Date().toLocaleTimeString('sv')}  ${text}\n`));
    parts.push(part);
    return part;
  };
  try {
    const platform = {
      layout,
      secrets: sandboxSecrets(),
      schemas: ddexSchemas(),
      natsUrl: operators.nats || `nats://127.0.0.1:${layout.natsPort}`,
    };
    await Promise.all([startDatabase(platform, operators.database, add), operators.nats || add(natsPart(nats, layout.natsPort)).start()]);
    const services = serviceParts(platform).map(add);
    keepEnvironment(platform, services);
    if (verbose) followLogs(parts, print);
    await Promise.all(
      services.map(async (part) => {
        await part.start();
        if (part.state === 'ready') platform.noteMigrations(part.name);
      }),
    );
    // Loaded late: before the installation there may be nothing of what it needs.
    const { seedOnce } = await import('./seed.mjs');
    await seedOnce(platform, print);
    print(
      welcome({
        rows: [...given(operators), ...parts],
        took: performance.now() - ready,
        url: publicUrl(layout),
        schemas: platform.schemas,
        recipe,
      }),
    );
  } catch (error) {
    if (stopped.begun()) return await stopped.ended;
    await stopInOrder(parts, { print: () => {}, letKeeperGo });
    throw error;
  }
  await stopped.ended;
}

/** State goes, on the operator's server too, where it is sealed with keys that are in .local; tools that were fetched stay. */
async function wipe(operators, layout, print) {
  if (operators) {
    const names = databasesOf(layout).map((name) => databaseOf(name, {}).database);
    const dropped = await onOperators(dropDatabases(operators, names));
    if (dropped.length > 0) print(step('clean-up', `dropped on the server of DATABASE_URL: ${dropped.join(', ')}`));
  }
  await removeData();
  for (const name of readdirSync(local)) if (name !== 'tools') rmSync(join(local, name), { recursive: true, force: true });
}

/** The operator's server or our own, with a database for each service that has one. */
async function startDatabase(platform, operators, add) {
  const names = databasesOf(platform.layout);
  const embedded = operators ? undefined : await embeddedPostgres(platform.layout.postgresPort, platform.secrets);
  platform.noteMigrations = checkMigrations(operators, names);
  if (embedded) await add(embedded).start();
  platform.adminUrl = embedded ? embedded.adminUrl : operators;
  const databases = names.map((name) => databaseOf(name, platform.secrets));
  const prepared = prepareDatabases(platform.adminUrl, databases);
  await (operators ? onOperators(prepared) : prepared);
}

/** Names of the services that have a database. */
const databasesOf = ({ services }) => services.filter(({ hasDatabase }) => hasDatabase).map(({ name }) => name);

/** Work on the operator's server, which may refuse it. */
async function onOperators(work) {
  try {
    return await work;
  } catch (error) {
    throw new Stop(
      `The server of DATABASE_URL does not do what the sandbox needs (${error.message}): the user must be allowed to create and drop databases and to create roles.`,
    );
  }
}

/** What other commands need to know of the running sandbox. It holds secrets: only this user may read it. */
function keepEnvironment({ layout }, services) {
  const environments = Object.fromEntries(
    services.map(({ name, env }) => [
      name,
      Object.fromEntries(Object.entries(env).filter(([variable]) => process.env[variable] !== env[variable])),
    ]),
  );
  writePrivate(
    join(local, 'environment.json'),
    `${JSON.stringify({ pid: process.pid, url: publicUrl(layout), services: environments }, null, 2)}\n`,
  );
}

const given = ({ database, nats }) =>
  [
    ['postgres', database],
    ['nats', nats],
  ].flatMap(([name, url]) => (url ? [{ name, state: 'given', port: new URL(url).host }] : []));
