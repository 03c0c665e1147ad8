import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { openStorage } from '../src';
import { collect, holdsToTheContract } from './storage-contract';

describe('storage in a directory', () => {
  const folders: string[] = [];
  const folder = () => {
    const made = mkdtempSync(join(tmpdir(), 'storage-'));
    folders.push(made);
    return made;
  };
  afterAll(() => folders.forEach((made) => rmSync(made, { recursive: true })));

  holdsToTheContract(() => openStorage(pathToFileURL(join(folder(), 'deep', 'root')).href, {}));

  it('names an object by its file address', () => {
    expect(openStorage('file:///srv/data', {}).url('t1/a.wav')).toBe('file:///srv/data/t1/a.wav');
  });

  it('fails a ping when it cannot be written to', async () => {
    await expect(openStorage('file:///dev/null/nowhere', {}).ping()).rejects.toThrow();
  });

  it('shows nothing of a write whose process was killed, and sweeps its remains away', async () => {
    const root = folder();
    const url = pathToFileURL(root).href;
    const child = spawn(process.execPath, [join(__dirname, 'write-endlessly.js'), url], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const storage = openStorage(url, {});
    expect(await storage.stat('endless')).toBeNull();
    expect(await collect(storage.list(''))).toEqual([]);
    expect(readdirSync(join(root, '.unfinished'))).toHaveLength(1);
    expect(await storage.sweep(60_000)).toBe(0); // young enough to be still under way
    expect(await storage.sweep(0)).toBe(1);
    expect(readdirSync(join(root, '.unfinished'))).toHaveLength(0);
  });

  it('goes on reading what was opened, also when it is replaced or deleted meanwhile', async () => {
    const storage = openStorage(pathToFileURL(folder()).href, {});
    const contentType = 'text/plain';
    await storage.write('k', Readable.from([Buffer.alloc(3_000_000, 'a')]), { contentType });
    const first = await storage.read('k');
    await storage.write('k', Readable.from([Buffer.from('b')]), { contentType });
    await storage.delete('k');
    expect((await buffer(first)).equals(Buffer.alloc(3_000_000, 'a'))).toBe(true);
  });
});
