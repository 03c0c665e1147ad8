export interface WaitOptions {
  /** Milliseconds before giving up; 30,000 by default. */
  timeout?: number;
  /** Milliseconds between two attempts; 25 by default. */
  interval?: number;
  /** What is waited for, as it stands in the error. */
  what?: string;
}

/** Pauses for some milliseconds. */
export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Calls `attempt` until it returns something true and gives that back. A thrown error counts as "not yet"; the last one is
 * the cause of the error when the time is over.
 */
export async function waitFor<T>(
  attempt: () => T | Promise<T>,
  { timeout = 30_000, interval = 25, what = 'condition' }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + timeout;
  let last: unknown;
  for (;;) {
    try {
      const value = await attempt();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not reached in ${timeout} ms${last ? ` (${String(last)})` : ''}`, { cause: last });
    await pause(interval);
  }
}
