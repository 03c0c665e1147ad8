import { createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Terminal } from './usage';

/** A file that was read, or why it was not. */
export type FileRead = { bytes: Buffer } | { code: string; reason: string };

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file',
  EACCES: 'The file may not be read',
  EISDIR: 'That is a folder',
};

/**
 * Reads a file, `-` being the standard input, up to a number of bytes: a larger one is not read to its end. Never throws for what the
 * file system says.
 */
export async function readFileUpTo(file: string, maxBytes: number, terminal: Terminal): Promise<FileRead> {
  try {
    const path = resolve(terminal.cwd, file);
    if (file !== '-' && statSync(path).isDirectory()) return { code: 'file.unreadable', reason: reasons['EISDIR']! };
    const stream = file === '-' ? terminal.stdin : createReadStream(path, { end: maxBytes });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      size += bytes.length;
      if (size > maxBytes)
        return { code: 'xml.too_large', reason: `The file has more than ${maxBytes} bytes, which is the most that is read` };
      chunks.push(bytes);
    }
    return { bytes: Buffer.concat(chunks, size) };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return { code: 'file.unreadable', reason: reasons[code] ?? message };
  }
}
