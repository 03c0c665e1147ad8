import { createHash } from 'node:crypto';
import type { Written } from './storage';

/**
 * Passes bytes on while it counts and digests them. It stops as soon as the signal aborts, also while the source is silent
 * (a stalled upload), and tells the source that no more is wanted.
 */
export class MeasuredBytes {
  private readonly md5 = createHash('md5');
  private readonly sha256 = createHash('sha256');
  private size = 0;

  constructor(
    private readonly source: AsyncIterable<Uint8Array>,
    private readonly signal?: AbortSignal,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    this.signal?.throwIfAborted();
    const iterator = this.source[Symbol.asyncIterator]();
    const aborted = abortion(this.signal);
    let ended = false;
    try {
      for (;;) {
        const next = iterator.next();
        const result = aborted ? await Promise.race([next, aborted.promise]) : await next;
        if (result.done) {
          ended = true;
          return;
        }
        this.md5.update(result.value);
        this.sha256.update(result.value);
        this.size += result.value.byteLength;
        yield result.value;
      }
    } finally {
      aborted?.forget();
      // Not awaited: a source that hangs would never answer, and what it says no longer matters.
      if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
  }

  /** To be asked once, after the last byte. */
  result(): Written {
    return { size: this.size, md5: this.md5.digest('hex'), sha256: this.sha256.digest('hex') };
  }
}

function abortion(signal: AbortSignal | undefined): { promise: Promise<never>; forget(): void } | null {
  if (!signal) return null;
  let onAbort = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  promise.catch(() => undefined); // it may reject when nobody waits any more
  return { promise, forget: () => signal.removeEventListener('abort', onAbort) };
}
