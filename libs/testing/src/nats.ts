import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'nats';
import { freePort } from './ports';
import { makeScratch } from './scratch';
import { waitFor } from './wait-for';

/** A running nats-server with JetStream and a store of its own, which disappears with it. */
export interface RunningNats {
  readonly url: string;
  readonly port: number;
  /** The folder where JetStream keeps its streams; a test may put an older copy back to play a loss of what was acknowledged. */
  readonly store: string;
  /** Ends it with SIGKILL. */
  kill9(): Promise<void>;
  /** Starts it again on the same store and port; returns when JetStream answers. */
  restart(): Promise<void>;
  log(): string;
  stop(): Promise<void>;
}

/** Starts a throw-away nats-server (from PATH) with JetStream. Takes about 0.1 s, so each suite has its own. */
export async function startNats(): Promise<RunningNats> {
  const scratch = makeScratch('tonegrid-nats');
  const store = scratch.folder('store');
  const logFile = join(scratch.path, 'log');
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const log = () => readFileSync(logFile, 'utf8');
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const output = openSync(logFile, 'a');
    const started = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', store], {
      cwd: scratch.path,
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    await new Promise<void>((resolve, reject) => {
      started.once('spawn', resolve);
      started.once('error', (error) => reject(new Error(`nats-server does not start: ${error.message}`)));
    });
    started.unref();
    child = started;
    scratch.track('nats', started.pid!, 'KILL');
    await waitFor(
      async () => {
        if (started.exitCode !== null) return true;
        const connection = await connect({ servers: url, reconnect: false, timeout: 1000 });
        try {
          await (await connection.jetstreamManager()).getAccountInfo();
        } finally {
          await connection.close();
        }
        return true;
      },
      { timeout: 30_000, what: 'nats-server starting' },
    );
    if (started.exitCode !== null) throw new Error(`nats-server ended at start:\n${log()}`);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!child) return;
    const ending = child;
    child = undefined;
    ending.ref();
    if (ending.exitCode === null && ending.signalCode === null) {
      const over = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill(signal);
      await over;
    }
    scratch.untrack('nats');
  }

  try {
    await start();
  } catch (error) {
    await scratch.remove();
    throw error;
  }
  return {
    url,
    port,
    store,
    log,
    kill9: () => end('SIGKILL'),
    async restart() {
      await end('SIGTERM');
      await start();
    },
    async stop() {
      await end('SIGKILL');
      await scratch.remove();
    },
  };
}
