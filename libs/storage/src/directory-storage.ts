import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { MeasuredBytes } from './measure-bytes';
import {
  checkKey,
  checkPrefix,
  ObjectMissing,
  RangeOutside,
  type ByteRange,
  type Storage,
  type StoredObject,
  type Written,
} from './storage';

// Half-written files live here. No key can begin with a dot, so none can meet them.
const unfinishedFolder = '.unfinished';

/**
 * Objects as files below one directory, for development and for a single machine. A key and a longer key that begins with it
 * and `/` cannot both exist, as they can in S3.
 */
export class DirectoryStorage implements Storage {
  private readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  async write(key: string, bytes: AsyncIterable<Uint8Array>, { signal }: { contentType: string; signal?: AbortSignal }): Promise<Written> {
    const path = this.path(key);
    const measured = new MeasuredBytes(bytes, signal);
    const unfinished = join(this.root, unfinishedFolder, randomUUID());
    await mkdir(dirname(unfinished), { recursive: true });
    const file = await open(unfinished, 'wx');
    try {
      try {
        for await (const chunk of measured) await writeAll(file, chunk);
        await file.sync();
      } finally {
        await file.close();
      }
      signal?.throwIfAborted();
      await makeDurableFolder(dirname(path));
      await rename(unfinished, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    return measured.result();
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    const found = await this.stat(key);
    if (!found) throw new ObjectMissing(key);
    if (range && range.start >= found.size) throw new RangeOutside(key);
    // Opened before it is handed out, so that a delete or overwrite from now on does not change what is read.
    const file = await open(this.path(key), 'r').catch((error: unknown) => {
      throw isMissing(error) ? new ObjectMissing(key) : error;
    });
    return createReadStream('', { fd: file, start: range?.start, end: range?.end, highWaterMark: 256 * 1024 });
  }

  async stat(key: string): Promise<StoredObject | null> {
    try {
      const found = await stat(this.path(key));
      return found.isFile() ? { key, size: found.size, modifiedAt: found.mtime } : null;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.path(key);
    try {
      if (await this.stat(key)) await unlink(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    yield* this.walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
  }

  url(key: string): string {
    return pathToFileURL(this.path(key)).href;
  }

  async ping(): Promise<void> {
    const probe = join(this.root, unfinishedFolder, `ping-${randomUUID()}`);
    await mkdir(dirname(probe), { recursive: true });
    await (await open(probe, 'wx')).close();
    await unlink(probe);
  }

  async sweep(olderThanMs: number): Promise<number> {
    const folder = join(this.root, unfinishedFolder);
    let removed = 0;
    for (const name of await namesIn(folder)) {
      const found = await stat(join(folder, name.name)).catch(() => null); // finished meanwhile
      if (!found || Date.now() - found.mtimeMs < olderThanMs) continue;
      await rm(join(folder, name.name), { force: true });
      removed++;
    }
    return removed;
  }

  close(): void {
    // holds nothing open
  }

  private path(key: string): string {
    checkKey(key);
    return join(this.root, key);
  }

  private async *walk(folder: string, prefix: string): AsyncGenerator<StoredObject> {
    const entries = (await namesIn(join(this.root, folder)))
      .filter((entry) => !entry.name.startsWith('.'))
      // a folder sorts as its keys do, which have a slash after its name
      .map((entry) => ({ key: folder + entry.name + (entry.isDirectory() ? '/' : ''), isFolder: entry.isDirectory() }))
      .filter(({ key, isFolder }) => key.startsWith(prefix) || (isFolder && prefix.startsWith(key)))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { key, isFolder } of entries) {
      if (isFolder) yield* this.walk(key, prefix);
      else {
        const found = await this.stat(key);
        if (found) yield found;
      }
    }
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength;) at += (await file.write(chunk, at)).bytesWritten;
}

async function namesIn(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

// A rename is only durable once its folder is, and a new folder only once the one above it is.
async function makeDurableFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
