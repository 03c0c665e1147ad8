import { RateClass } from '@tonegrid/contracts';
import { logger } from '@tonegrid/rpc';
import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';

/** What a counted request leaves to its sender. */
export interface Counted {
  /** Requests per window. */
  limit: number;
  remaining: number;
  /** When the window ends, epoch seconds. */
  reset: number;
  /** Set when the request is one too many: seconds until the next may come. */
  retryAfterSeconds: number | undefined;
}

const windowSeconds = 60;

/** Makes the counter of one class of routes. */
export type MakeLimiter = (name: string, points: number, seconds: number) => RateLimiterAbstract;

const inMemory: MakeLimiter = (keyPrefix, points, duration) => new RateLimiterMemory({ keyPrefix, points, duration });

/** Counts requests by sender and class in windows of a minute (reference, Rate Limits). */
export class RateLimits {
  private readonly limiters = new Map<RateClass, { limiter: RateLimiterAbstract; limit: number }>();

  /** @param limits requests a minute by class; 0, or none, does not count the class */
  constructor(limits: Partial<Record<RateClass, number>>, make: MakeLimiter = inMemory) {
    for (const [key, limit] of Object.entries(limits)) {
      const rate = Number(key) as RateClass;
      if (limit > 0) this.limiters.set(rate, { limit, limiter: make(RateClass[rate].toLowerCase(), limit, windowSeconds) });
    }
  }

  /** Whether a class is counted at all. */
  counts(rate: RateClass): boolean {
    return this.limiters.has(rate);
  }

  /**
   * Counts one request. Undefined when its class is not counted, or when the counter's store fails: then requests pass and it is
   * logged, because a broken counter must not take the platform down.
   */
  async count(rate: RateClass, sender: string): Promise<Counted | undefined> {
    const entry = this.limiters.get(rate);
    if (!entry) return undefined;
    try {
      return counted(await entry.limiter.consume(sender), entry.limit, false);
    } catch (error) {
      if (error instanceof RateLimiterRes) return counted(error, entry.limit, true);
      logger.error({ err: error }, 'the rate limiter failed; the request passes');
      return undefined;
    }
  }
}

const counted = ({ remainingPoints, msBeforeNext }: RateLimiterRes, limit: number, refused: boolean): Counted => ({
  limit,
  remaining: remainingPoints,
  reset: Math.ceil((Date.now() + msBeforeNext) / 1000),
  retryAfterSeconds: refused ? Math.max(1, Math.ceil(msBeforeNext / 1000)) : undefined,
});
