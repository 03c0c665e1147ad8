import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { local } from '../setup/root.mjs';
import { Stop } from '../setup/stop.mjs';

const folder = join(local, 'run');
const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** When a process began, in clock ticks since boot; undefined when it has ended. With the pid it names a process for good. */
export function beginOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined; // no such process
  }
}

/** Order in which parts end: who asks before who answers. */
export const ranks = { gateway: 1, service: 2, nats: 3, postgres: 4 };

const fileOf = ({ name, rank }) => join(folder, `${rank}-${name}.pid`);

/** Notes a running process, so that it can be ended even when this one was killed. */
export const record = (part, pid) => writeFileSync(fileOf(part), `${pid} ${beginOf(pid)} ${part.signal} ${bootId()}\n`);

/** Forgets a process that has ended. */
export function forget(part) {
  try {
    rmSync(fileOf(part), { force: true });
  } catch {
    // A file that cannot be removed (the disk is full) does no harm: it also says when its process began, so that it is known as ended.
  }
}

/** Processes that an earlier start has left running, in the order in which they are to be ended. Only those that are certainly ours. */
function leftBehind() {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const file of readdirSync(folder).sort()) {
    const [, rank, name] = /^(\d)-(.+)\.pid$/.exec(file) ?? [];
    if (!name) continue;
    const [pid, begin, signal, boot] = readFileSync(join(folder, file), 'utf8').trim().split(' ');
    if (boot === bootId() && begin === beginOf(Number(pid))) found.push({ pid: Number(pid), begin, signal, name, rank: Number(rank) });
    else rmSync(join(folder, file), { force: true });
  }
  return found;
}

/** Sends a signal to a process and its group; false when there is none any more. */
export function send(pid, signal, { group = false } = {}) {
  try {
    process.kill(group ? -pid : pid, signal);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

const until = async (condition, milliseconds) => {
  for (const end = performance.now() + milliseconds; performance.now() < end;) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return condition();
};

/** Ends what an earlier start has left running, rank by rank; answers the names. */
export async function endLeftBehind() {
  const orphans = leftBehind();
  for (const rank of Object.values(ranks)) {
    const these = orphans.filter((orphan) => orphan.rank === rank);
    for (const { pid, signal, name } of these) {
      try {
        send(pid, `SIG${signal}`);
      } catch (error) {
        throw new Stop(
          `An earlier start, by another user, has left ${name} running (process ${pid}): end it as that user (${error.code}).`,
        );
      }
    }
    const gone = () => these.every(({ pid, begin }) => beginOf(pid) !== begin);
    if (!(await until(gone, 10_000)))
      for (const { pid, begin } of these)
        if (beginOf(pid) === begin) send(pid, rank === ranks.postgres ? 'SIGQUIT' : 'SIGKILL', { group: rank !== ranks.postgres });
    if (!(await until(gone, 10_000)))
      throw new Stop(
        `Could not end what an earlier start has left running: ${these.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')}.`,
      );
  }
  for (const file of existsSync(folder) ? readdirSync(folder) : []) if (file.endsWith('.pid')) rmSync(join(folder, file), { force: true });
  return orphans.map(({ name }) => name);
}

/**
 * Starts the keeper, which waits for this process to end, however it ends, and then ends every recorded process in order. A
 * shell, because it costs 1 MB and a node process 40. Answers a function that lets it go.
 */
export function startKeeper() {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Detached: Ctrl-C goes to the terminal's whole process group and must not reach the one who cleans up.
  const keeper = spawn('/bin/sh', [join(dirname(fileURLToPath(import.meta.url)), 'keeper.sh'), folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  keeper.on('error', (error) => process.stderr.write(`the keeper could not start: ${error.message}\n`));
  keeper.unref();
  keeper.stdin.on('error', () => keeper.kill('SIGKILL'));
  keeper.stdin.unref();
  return () => keeper.stdin.end();
}

/** The names of the parts that are recorded. */
export const recorded = () => (existsSync(folder) ? readdirSync(folder).map((file) => basename(file, '.pid').slice(2)) : []);
