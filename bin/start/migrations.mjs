import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { local, root } from '../setup/root.mjs';
import { Stop } from '../setup/stop.mjs';
import { writePrivate } from './secrets.mjs';

/** { server: { service: { file: digest } } }: the migrations as they were when they ran. */
const file = join(local, 'migrations.json');
const serverOf = (url) => (url && URL.canParse(url) ? new URL(url).host : 'embedded');
/** Tables that every service's first migration takes from the libs. */
const shared = ['libs/data/src/tenancy.ts', 'libs/events/src/event-tables.ts', 'libs/idempotency/src/table.ts'];

const read = () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});
const write = (all) => writePrivate(file, `${JSON.stringify(all, null, 2)}\n`);

/** Digests of what a service's tables are made by. Its index.ts only lists the migrations, and changes with each new one. */
function digestsOf(service) {
  const folder = `services/${service}/src/migrations`;
  const own = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];
  const files = own.filter((name) => name.endsWith('.ts') && name !== 'index.ts').map((name) => `${folder}/${name}`);
  return Object.fromEntries(
    [...files, ...shared.filter((path) => existsSync(join(root, path)))].map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(root, path)))
        .digest('hex'),
    ]),
  );
}

/**
 * Refuses data that another version of a migration has made: a database knows its migrations by their names alone, so that one which
 * was edited would go unnoticed until a query fails. Data of which nothing is noted passes.
 * @param url the operator's server; none for our own
 * @param services names of those that have a database
 * @returns notes that a service has run its migrations as they were now
 */
export function checkMigrations(url, services) {
  const server = serverOf(url);
  const noted = read()[server] ?? {};
  const now = Object.fromEntries(services.map((service) => [service, digestsOf(service)]));
  for (const service of services)
    for (const [path, digest] of Object.entries(noted[service] ?? {}))
      if (now[service][path] !== digest)
        throw new Stop(
          `The sandbox's data of ${service} was made by another version of ${path}, which is ${now[service][path] ? 'changed' : 'gone'} now: begin anew with "npm start -- --fresh".`,
        );
  return (service) => {
    if (!now[service]) return;
    const all = read();
    if (JSON.stringify(all[server]?.[service]) === JSON.stringify(now[service])) return;
    write({ ...all, [server]: { ...all[server], [service]: now[service] } });
  };
}

/** What has run on a server whose data is gone. */
export function forgetMigrations(url) {
  const { [serverOf(url)]: gone, ...others } = read();
  if (gone) write(others);
}
