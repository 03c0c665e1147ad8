import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Flushes a folder, so that a rename in it survives a power cut. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Puts a file in place whole or not at all: written beside it under another name, flushed, renamed. A reader never sees half
 * of it, whenever the process dies. `temporary` is that other name; one that no one else uses unless given.
 */
export async function writeAtomically(path: string, content: string | Uint8Array, temporary?: string): Promise<void> {
  const beside = temporary ?? `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(beside, 'w', 0o644);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await flushFolder(dirname(path));
}
