import { readFileSync } from 'node:fs';
import { beginOf, ranks } from './processes.mjs';

/** Stops all parts, those that ask before those that answer; then nothing is left for the keeper. */
export async function stopInOrder(parts, { print, letKeeperGo }) {
  print('\nStopping …\n');
  for (const rank of Object.values(ranks)) await Promise.all(parts.filter((part) => part.rank === rank).map((part) => part.stop()));
  letKeeperGo();
  print('Stopped; nothing is left running. The state is kept in .local/.\n');
}

/**
 * Calls `stop` once when the user wants the end: SIGINT (Ctrl-C), SIGTERM, SIGHUP (the terminal was closed), or when the npm that
 * runs this command is gone. Afterwards the process exits 0; when Ctrl-C comes again, at once, and the keeper ends the rest.
 */
export function whenToldToStop(stop) {
  let since;
  let finish;
  const ended = new Promise((resolve) => (finish = resolve));
  const once = () => {
    // A terminal's Ctrl-C comes twice, from the terminal and passed on by npm.
    if (since !== undefined && performance.now() - since > 1500) process.exit(1);
    if (since !== undefined) return;
    since = performance.now();
    stop().then(
      () => {
        finish();
        process.exit(0);
      },
      (error) => {
        process.stderr.write(`${error.stack}\n`);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, once);
  // When npm is killed with -9 nobody tells us.
  const npm = npmAbove();
  if (npm) setInterval(() => beginOf(npm.pid) !== npm.begin && once(), 500).unref();
  // Output that nobody reads any more (the terminal is gone), or that a full disk has no room for, must not end us.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => !['EPIPE', 'EIO', 'ENOSPC'].includes(error.code) && once());
  // Keeps the process alive while all it does is wait.
  const alive = setInterval(() => {}, 1 << 30);
  void ended.then(() => clearInterval(alive));
  return { ended, begun: () => since !== undefined };
}

/** The npm that runs this command, directly or through a shell; undefined when it was started otherwise. */
function npmAbove() {
  if (!process.env.npm_lifecycle_event) return undefined;
  for (let pid = process.ppid, height = 0; pid > 1 && height < 3; height++) {
    try {
      if (/npm/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))) return { pid, begin: beginOf(pid) };
      pid = Number(
        readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')[1],
      );
    } catch {
      return undefined; // it has ended while we were looking
    }
  }
  return undefined;
}
