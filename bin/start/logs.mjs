import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Shows what is written to the parts' logs from now on, each line under the part's name. The parts write to their files themselves,
 * so that nothing is lost or blocked when this process ends.
 */
export function followLogs(parts, write = (text) => process.stdout.write(text)) {
  const width = Math.max(...parts.map(({ name }) => name.length));
  const followed = parts.map((part) => ({ part, at: 0, rest: '' }));
  const timer = setInterval(() => {
    for (const one of followed) {
      const lines = (one.rest + readFrom(one)).split('\n');
      one.rest = lines.pop();
      for (const line of lines) write(`${one.part.name.padEnd(width)} | ${line}\n`);
    }
  }, 200);
  timer.unref();
}

function readFrom(one) {
  if (!existsSync(one.part.log)) return '';
  const file = openSync(one.part.log, 'r');
  try {
    const size = Math.min(fstatSync(file).size - one.at, 1 << 20);
    if (size <= 0) return '';
    const buffer = Buffer.alloc(size);
    one.at += readSync(file, buffer, 0, size, one.at);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
}
