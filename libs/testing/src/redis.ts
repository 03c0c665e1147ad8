import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from './ports';
import { makeScratch } from './scratch';
import { waitFor } from './wait-for';

/** A running redis-server that keeps nothing on disk. */
export interface RunningRedis {
  readonly url: string;
  /** Ends it with SIGKILL. */
  kill9(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>;
  /** Stops answering without closing a connection (SIGSTOP), until `thaw`. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Starts a throw-away redis-server (from PATH). Takes about 0.1 s, so each suite has its own. */
export async function startRedis(): Promise<RunningRedis> {
  const scratch = makeScratch('tonegrid-redis');
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const started = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'], {
      cwd: scratch.path,
      detached: true,
      stdio: 'ignore',
    });
    await new Promise<void>((resolve, reject) => {
      started.once('spawn', resolve);
      started.once('error', (error) => reject(new Error(`redis-server does not start: ${error.message}`)));
    });
    started.unref();
    child = started;
    scratch.track('redis', started.pid!, 'KILL');
    await waitFor(
      () => {
        if (started.exitCode !== null) throw new Error(`redis-server ended at start with ${started.exitCode}`);
        return answers(port);
      },
      { timeout: 30_000, what: 'redis-server starting' },
    );
  }

  async function end(): Promise<void> {
    if (!child) return;
    const ending = child;
    child = undefined;
    ending.ref();
    if (ending.exitCode === null && ending.signalCode === null) {
      const over = once(ending, 'exit');
      ending.kill('SIGKILL');
      await over;
    }
    scratch.untrack('redis');
  }

  try {
    await start();
  } catch (error) {
    await scratch.remove();
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    kill9: end,
    async restart() {
      await end();
      await start();
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async stop() {
      await end();
      await scratch.remove();
    },
  };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
