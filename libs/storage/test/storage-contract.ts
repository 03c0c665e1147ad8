import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectMissing, partSize, RangeOutside, type Storage } from '../src';

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const contentType = 'application/octet-stream';

/** All that an iterable yields. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What every Storage must hold to. */
export function holdsToTheContract(open: () => Storage): void {
  let storage: Storage;
  const put = (key: string, text: string) => storage.write(key, Readable.from([Buffer.from(text)]), { contentType });
  const keys = async (prefix: string) => (await collect(storage.list(prefix))).map((object) => object.key);
  beforeEach(() => (storage = open()));
  afterEach(() => storage.close());

  it('gives back the bytes that were written, with their size and digests', async () => {
    const bytes = randomBytes(100_000);
    const written = await storage.write('audio/a.wav', Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), { contentType });
    expect(written).toEqual({ size: 100_000, md5: md5(bytes), sha256: sha256(bytes) });
    expect((await buffer(await storage.read('audio/a.wav'))).equals(bytes)).toBe(true);
    expect(await storage.stat('audio/a.wav')).toMatchObject({ key: 'audio/a.wav', size: 100_000, modifiedAt: expect.objectContaining({}) });
  });

  it.each([0, 1, partSize - 1, partSize, partSize + 1, 2 * partSize, 2 * partSize + 12345])('keeps %d bytes exactly', async (size) => {
    const bytes = randomBytes(size);
    const pieces = Array.from({ length: Math.ceil(size / 700_001) }, (_, i) => bytes.subarray(i * 700_001, (i + 1) * 700_001));
    const written = await storage.write('sized.bin', Readable.from(pieces), { contentType });
    expect(written).toEqual({ size, md5: md5(bytes), sha256: sha256(bytes) });
    expect(md5(await buffer(await storage.read('sized.bin')))).toBe(written.md5);
  });

  it('reads a range, both ends included', async () => {
    await put('range', '0123456789');
    const read = async (start: number, end?: number) => (await buffer(await storage.read('range', { start, end }))).toString();
    expect([await read(0, 0), await read(3, 5), await read(7), await read(8, 100)]).toEqual(['0', '345', '789', '89']);
    await expect(storage.read('range', { start: 10 })).rejects.toThrow(RangeOutside);
  });

  it('tells that an object is missing', async () => {
    expect(await storage.stat('not/there')).toBeNull();
    await expect(storage.read('not/there')).rejects.toThrow(ObjectMissing);
    await storage.delete('not/there');
  });

  it('deletes', async () => {
    await put('gone', 'x');
    await storage.delete('gone');
    expect(await storage.stat('gone')).toBeNull();
  });

  it('replaces an object as a whole', async () => {
    await put('twice', 'a longer first text');
    await put('twice', 'second');
    expect((await buffer(await storage.read('twice'))).toString()).toBe('second');
  });

  it('lists what begins with a prefix, in the order of the keys', async () => {
    for (const key of ['t1/b/2', 't1/b-1', 't1/b/10', 't1/b.wav', 't1/a', 't2/z', 't10/y']) await put(key, key);
    expect(await keys('t1/')).toEqual(['t1/a', 't1/b-1', 't1/b.wav', 't1/b/10', 't1/b/2']);
    expect(await keys('t1/b/1')).toEqual(['t1/b/10']);
    expect(await keys('t1')).toEqual(['t1/a', 't1/b-1', 't1/b.wav', 't1/b/10', 't1/b/2', 't10/y']);
    expect(await keys('none/')).toEqual([]);
  });

  it.each(['', '/abs', '../up', 'a/../b', 'a//b', 'a/', './a', '.hidden', 'a/.b', 'a\\b', 'a\0b', 'ü', 'a b', 'a%2fb', 'x'.repeat(201)])(
    'refuses %j as a key',
    async (key) => {
      await expect(put(key, 'x')).rejects.toThrow(TypeError);
      await expect(storage.read(key)).rejects.toThrow(TypeError);
      await expect(storage.stat(key)).rejects.toThrow(TypeError);
      await expect(storage.delete(key)).rejects.toThrow(TypeError);
      expect(() => storage.url(key)).toThrow(TypeError);
    },
  );

  it.each(['/', '../', 'a/../', 'a//'])('refuses %j as a prefix', async (prefix) => {
    await expect(keys(prefix)).rejects.toThrow(TypeError);
  });

  it.each([1000, partSize + 1000])('shows nothing of a source that fails after %d bytes, and keeps what was there', async (size) => {
    await put('kept', 'before');
    const failing = async function* () {
      yield randomBytes(size);
      throw new Error('the line broke');
    };
    await expect(storage.write('kept', failing(), { contentType })).rejects.toThrow('the line broke');
    await expect(storage.write('never', failing(), { contentType })).rejects.toThrow('the line broke');
    expect((await buffer(await storage.read('kept'))).toString()).toBe('before');
    expect(await storage.stat('never')).toBeNull();
    expect(await keys('')).toEqual(['kept']);
    expect(await storage.sweep(0)).toBe(0); // nothing half-written is left either
  });

  it.each([1000, partSize + 1000])('stops a write that is aborted while its source is silent after %d bytes', async (size) => {
    const abort = new AbortController();
    let released = false;
    const silent = async function* () {
      try {
        yield randomBytes(size);
        await sleep(60_000, undefined, { signal: abort.signal });
      } finally {
        released = true;
      }
    };
    const write = storage.write('silent', silent(), { contentType, signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough waited')), 300);
    await expect(write).rejects.toThrow('enough waited');
    expect(await storage.stat('silent')).toBeNull();
    expect(await storage.sweep(0)).toBe(0);
    await sleep(10);
    expect(released).toBe(true);
  });

  it('does not begin a write that is already aborted', async () => {
    const write = storage.write('late', Readable.from([Buffer.from('x')]), {
      contentType,
      signal: AbortSignal.abort(new Error('too late')),
    });
    await expect(write).rejects.toThrow('too late');
  });

  it('lets one of two writers of a key win as a whole', async () => {
    const texts = ['a', 'b'].map((letter) => letter.repeat(300_000));
    await Promise.all(
      texts.map((text) =>
        storage.write('raced', Readable.from([Buffer.from(text.slice(9)), Buffer.from(text.slice(0, 9))]), { contentType }),
      ),
    );
    expect(texts).toContain((await buffer(await storage.read('raced'))).toString());
  });

  it('answers a ping', async () => {
    await storage.ping();
  });
}
