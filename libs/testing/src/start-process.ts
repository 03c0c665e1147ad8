import { spawn } from 'node:child_process';
import { makeScratch } from './scratch';
import { waitFor } from './wait-for';

export interface ProcessOptions {
  /** For error messages. */
  name: string;
  /** What to run; the first word is the program. For a service: [process.execPath, 'services/x/dist/src/main.js']. */
  command: string[];
  cwd?: string;
  /** The whole environment besides PATH, HOME and TMPDIR: nothing else is inherited, so that a suite cannot depend on the machine. */
  env?: Record<string, string>;
  /** URL that answers 200 when the process is ready (its /readyz); without it the process counts as ready at once. */
  ready?: string;
  /** Milliseconds until it must be ready; 30,000 by default. */
  timeout?: number;
}

export interface RunningProcess {
  readonly pid: number;
  /** Standard output and error so far, as they came. */
  logs(): string;
  /** The log lines that are JSON. */
  lines(): Record<string, unknown>[];
  /** Settles when it has ended: its exit code, or the signal's name. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Asks it to end (SIGTERM by default) and waits; SIGKILL after 15 s. Harmless when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** SIGKILL, and waits until it is gone. */
  kill9(): Promise<void>;
}

/** Starts a process and waits until it is ready. If it ends before, or is not ready in time, throws with what it has logged. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const scratch = makeScratch(`tonegrid-${options.name}`);
  const [program = '', ...args] = options.command;
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...inherited, ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 0));
    child.once('error', reject);
  });
  let ended: number | NodeJS.Signals | undefined;
  void exited.then(
    (how) => (ended = how),
    () => (ended = 127),
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => (text += chunk));
  }
  try {
    await Promise.race([new Promise((resolve) => child.once('spawn', resolve)), exited]);
  } catch (error) {
    await scratch.remove();
    throw error;
  }
  scratch.track('process', child.pid!, 'TERM');

  async function end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (ended === undefined) {
      child.kill(signal);
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await exited;
      clearTimeout(late);
    }
    await scratch.remove();
    return exited;
  }

  const running: RunningProcess = {
    pid: child.pid!,
    logs: () => text,
    lines: () =>
      text.split('\n').flatMap((line) => {
        if (!line.startsWith('{')) return [];
        try {
          return [JSON.parse(line) as Record<string, unknown>];
        } catch {
          return []; // a line that is still being written
        }
      }),
    exited,
    stop: (signal = 'SIGTERM') => end(signal),
    kill9: async () => void (await end('SIGKILL')),
  };
  if (options.ready) {
    const ready = options.ready;
    try {
      await waitFor(async () => ended !== undefined || (await fetch(ready, { signal: AbortSignal.timeout(2000) })).ok, {
        timeout: options.timeout ?? 30_000,
        what: `${options.name} becoming ready`,
      });
      if (ended !== undefined) throw new Error(`${options.name} ended with ${ended} before it was ready`);
    } catch (error) {
      await end('SIGKILL');
      throw new Error(`${(error as Error).message}\n${text}`, { cause: error });
    }
  }
  return running;
}
