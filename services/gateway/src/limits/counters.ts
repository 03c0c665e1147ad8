import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

/** Counts that begin anew with each window. */
export interface Counters {
  /** Counts one more under the key; answers how many there were in the window and when it ends. Rejects when the store fails. */
  count(key: string): Promise<Pick<RateLimiterRes, 'consumedPoints' | 'msBeforeNext'>>;
}

/**
 * Each sender has a limit of its own, by its plan, so the limiter itself only counts: this many are never reached.
 */
export const unbounded = Number.MAX_SAFE_INTEGER;

/** Counters of this process alone: right as long as there is one gateway. */
export function countersInMemory(seconds: number): Counters {
  const limiter = new RateLimiterMemory({ points: unbounded, duration: seconds, keyPrefix: '' });
  return { count: (key) => limiter.consume(key) };
}
