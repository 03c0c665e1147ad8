import { RateClass } from '@tonegrid/contracts';
import { logger, metrics } from '@tonegrid/rpc';
import { Counter } from 'prom-client';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import { countersInMemory, type Counters } from './counters';
import type { RatePlans } from './rate-plans';

/** What a counted request leaves to its sender. */
export interface Counted {
  /** Name of the class, `general`. */
  name: string;
  /** Requests per window. */
  limit: number;
  remaining: number;
  /** When the window ends, epoch seconds. */
  reset: number;
  /** Seconds until then. */
  resetAfter: number;
  /** Set when the request is one too many: seconds until the next may come. */
  retryAfterSeconds: number | undefined;
}

export const windowSeconds = 60;
/** A store that is away is told of in the log once in this time, not once for each request. */
const logEveryMs = 10_000;

const uncounted = new Counter({
  name: 'gateway_rate_limit_uncounted_total',
  help: 'Requests that passed uncounted because the store of the counters failed',
  registers: [metrics.registry],
});

/** Counts requests by sender and class in windows of a minute that begin with the first request (reference, Rate Limits). */
export class RateLimits {
  private loggedAt = -Infinity;

  constructor(
    private readonly plans: RatePlans,
    private readonly counters: Counters = countersInMemory(windowSeconds),
  ) {}

  /**
   * Counts one request. Undefined when its class is not counted, or when the counter's store fails: then requests pass and it is
   * logged, because a broken counter must not take the platform down.
   * @param sender whom it is counted for: an access token, an API key or an address
   * @param plan rate plan of the sender's tenant
   */
  async count(rate: RateClass, sender: string, plan?: string): Promise<Counted | undefined> {
    const limit = this.plans.limitOf(rate, plan);
    if (limit === 0) return undefined;
    const name = names[rate] ?? '';
    try {
      return counted(await this.counters.count(`${name}:${sender}`), name, limit);
    } catch (error) {
      uncounted.inc();
      if (Date.now() - this.loggedAt >= logEveryMs) {
        this.loggedAt = Date.now();
        logger.error({ err: error }, 'the rate limiter failed; requests pass uncounted');
      }
      return undefined;
    }
  }
}

const names: Partial<Record<RateClass, string>> = {
  [RateClass.GENERAL]: 'general',
  [RateClass.AUDIO]: 'audio',
  [RateClass.DISTRIBUTION]: 'distribution',
  [RateClass.ANALYTICS]: 'analytics',
};

function counted(
  { consumedPoints, msBeforeNext }: Pick<RateLimiterRes, 'consumedPoints' | 'msBeforeNext'>,
  name: string,
  limit: number,
): Counted {
  const resetAfter = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return {
    name,
    limit,
    remaining: Math.max(0, limit - consumedPoints),
    reset: Math.ceil((Date.now() + msBeforeNext) / 1000),
    resetAfter,
    retryAfterSeconds: consumedPoints > limit ? resetAfter : undefined,
  };
}

/**
 * The headers that tell it: the reference's own, and those of the IETF draft (draft-ietf-httpapi-ratelimit-headers-10: structured
 * fields, a policy by name with quota and window, what remains and for how many seconds).
 */
export const rateLimitHeaders = ({ name, limit, remaining, reset, resetAfter }: Counted): Record<string, string> => ({
  'x-ratelimit-limit': String(limit),
  'x-ratelimit-remaining': String(remaining),
  'x-ratelimit-reset': String(reset),
  'ratelimit-policy': `"${name}";q=${limit};w=${windowSeconds}`,
  ratelimit: `"${name}";r=${remaining};t=${resetAfter}`,
});
