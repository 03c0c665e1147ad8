/** Waits some milliseconds, or less if the signal comes first; never throws. The timer does not keep the process alive. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    timer.unref();
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Calls the work again and again, with a pause between two calls, until the signal comes. What the work throws ends it. */
export async function every(milliseconds: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (;;) {
    await pause(milliseconds, signal);
    if (signal.aborted) return;
    await work();
  }
}

/** The delay before attempt n + 1 (n from 1): doubles from `first` up to `most`, with up to a fifth taken off at random. */
export const delayAfter = (attempt: number, first: number, most: number): number =>
  Math.min(most, first * 2 ** Math.min(attempt - 1, 30)) * (1 - Math.random() / 5);
