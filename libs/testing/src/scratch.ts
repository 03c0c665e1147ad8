import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The system user that a child runs as; undefined: the same as we. */
export interface RunAs {
  uid: number;
  gid: number;
}

/**
 * A temporary directory with the processes that live in it. It disappears, and they end, at the latest when the process that
 * made it does.
 */
export interface Scratch {
  readonly path: string;
  /** Notes a process that is to be ended with the directory. `signal` is the one that makes it end at once and cleanly. */
  track(name: string, pid: number, signal: 'TERM' | 'QUIT' | 'KILL'): void;
  /** Forgets a process that has ended. */
  untrack(name: string): void;
  folder(name: string, owner?: RunAs): string;
  remove(): Promise<void>;
}

// Waits until the other end of its standard input is closed, which the kernel does for us even after kill -9, then ends what
// is still running and removes the directory. A shell, because it costs 1 MB and a node process costs 40.
const keeper = `
trap '' INT TERM HUP
cat >/dev/null
alive() { for f in "$1"/*.pid; do [ -f "$f" ] && read -r pid signal < "$f" && kill -0 "$pid" 2>/dev/null && return 0; done; return 1; }
for f in "$1"/*.pid; do [ -f "$f" ] && read -r pid signal < "$f" && kill -"$signal" "$pid" 2>/dev/null; done
i=0
while [ $i -lt 50 ] && alive "$1"; do sleep 0.1; i=$((i+1)); done
for f in "$1"/*.pid; do [ -f "$f" ] && read -r pid signal < "$f" && kill -KILL "$pid" 2>/dev/null; done
rm -rf "$1"
`;

/** True if any user of the system may pass through the folder and all folders above it. */
export function othersMayEnter(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Makes a temporary directory that other users may enter but not list. */
export function makeScratch(prefix: string): Scratch {
  const base = othersMayEnter(tmpdir()) ? tmpdir() : '/tmp';
  const path = mkdtempSync(join(base, `${prefix}-`));
  chmodSync(path, 0o711);
  // detached: Ctrl-C goes to the whole process group of the terminal, and must not reach the one who cleans up.
  const watching = spawn('sh', ['-c', keeper, 'keeper', path], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  watching.unref();
  const ended = new Promise<void>((resolve) => watching.once('exit', () => resolve()));
  const input = watching.stdin;
  input.on('error', () => rmSync(path, { recursive: true, force: true }));
  (input as unknown as { unref(): void }).unref();
  return {
    path,
    track: (name, pid, signal) => writeFileSync(join(path, `${name}.pid`), `${pid} ${signal}\n`),
    untrack: (name) => rmSync(join(path, `${name}.pid`), { force: true }),
    folder(name, owner) {
      const folder = join(path, name);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (owner) chownSync(folder, owner.uid, owner.gid);
      return folder;
    },
    async remove() {
      watching.ref();
      input.end();
      await ended;
    },
  };
}
