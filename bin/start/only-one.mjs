import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { local, root } from '../setup/root.mjs';
import { Stop } from '../setup/stop.mjs';
import { beginOf } from './processes.mjs';

/**
 * Refuses a second start of the same checkout. The lock is a socket in Linux's abstract namespace: the kernel frees it with the
 * process, however that ends, so that there is no stale lock.
 */
export async function onlyOne() {
  const name = `\0tonegrid-start-${createHash('sha256').update(root).digest('hex').slice(0, 24)}`;
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        error.code === 'EADDRINUSE' ? new Stop(`ToneGrid already runs from this checkout${who()}: stop it there with Ctrl-C.`) : error,
      ),
    );
    server.listen(name, resolve);
  });
  server.unref();
}

function who() {
  const file = join(local, 'environment.json');
  if (!existsSync(file)) return '';
  try {
    const { pid, url } = JSON.parse(readFileSync(file, 'utf8'));
    if (beginOf(pid) === undefined) return ''; // of an earlier start: the one that runs has not come so far yet
    return ` (process ${pid}, ${url})`;
  } catch {
    return ''; // another user's file, or one that is being written: the sentence is clear without it
  }
}
