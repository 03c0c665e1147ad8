import type { Readable } from 'node:stream';

/** What was written. Digests are lower-case hex over exactly the bytes now stored. */
export interface Written {
  size: number;
  md5: string;
  sha256: string;
}

export interface StoredObject {
  key: string;
  size: number;
  modifiedAt: Date;
}

/** Bytes from `start` to `end`, both included, as in an HTTP Range; without `end` to the end of the object. */
export interface ByteRange {
  start: number;
  end?: number;
}

/**
 * Object storage. Keys are `segment/segment/…` (see `checkKey`). A key holds either nothing or the whole of what was last
 * written to it: a write that fails, is aborted or dies with its process changes nothing that a reader can see.
 */
export interface Storage {
  /** Streams an object in, holding at most one part (16 MB) in memory. Rejects with the signal's reason when aborted. */
  write(key: string, bytes: AsyncIterable<Uint8Array>, options: { contentType: string; signal?: AbortSignal }): Promise<Written>;
  /** Rejects with ObjectMissing, or with RangeOutside when the range begins behind the end of the object. */
  read(key: string, range?: ByteRange): Promise<Readable>;
  /** Null when there is no such object. */
  stat(key: string): Promise<StoredObject | null>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /** Objects whose key begins with `prefix`, in the order of their keys' bytes. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Where an object is, for records and logs: `file:///…` or `s3://bucket/…`. */
  url(key: string): string;
  /** Resolves when storage can be reached and written to. For readiness checks. */
  ping(): Promise<void>;
  /** Removes what died half-written longer than `olderThanMs` ago, and tells how many that were. */
  sweep(olderThanMs: number): Promise<number>;
  close(): void;
}

export class ObjectMissing extends Error {
  override readonly name = 'ObjectMissing';
  constructor(readonly key: string) {
    super(`no object is stored under "${key}"`);
  }
}

export class RangeOutside extends Error {
  override readonly name = 'RangeOutside';
  constructor(readonly key: string) {
    super(`the range asked for begins behind the end of "${key}"`);
  }
}

/** The part in which S3 takes a long object, and the most that a write holds in memory. */
export const partSize = 16 * 1024 * 1024;

/**
 * Throws TypeError unless `key` is made of segments of letters, digits, `.`, `_` and `-` that do not begin with a dot. The
 * same rule holds for S3, so that what was stored there can move into a directory, where a key must never become a way out.
 */
export function checkKey(key: string): void {
  const segments = key.split('/');
  const sound = key.length <= 900 && segments.every((segment) => /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(segment));
  if (!sound) throw new TypeError(`"${key.slice(0, 100)}" cannot be a storage key`);
}

/** Throws TypeError unless `prefix` is empty or the beginning of a possible key. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? `${prefix}x` : prefix);
}
