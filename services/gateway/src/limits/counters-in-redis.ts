import { RateLimiterRedis } from 'rate-limiter-flexible';
import { unbounded, type Counters } from './counters';
import type { RedisClient, RedisStore } from './redis-store';

/**
 * Counters that all gateways share; each count is one atomic script in the store.
 * @param prefix set before every key: `tonegrid:sandbox:rate`
 * @param seconds length of a window
 */
export function countersInRedis(store: RedisStore, prefix: string, seconds: number): Counters {
  const limiters = new WeakMap<RedisClient, RateLimiterRedis>();
  const limiterOf = (client: RedisClient): RateLimiterRedis => {
    const known = limiters.get(client);
    if (known) return known;
    const made = new RateLimiterRedis({
      storeClient: client,
      useRedisPackage: true,
      rejectIfRedisNotReady: true,
      points: unbounded,
      duration: seconds,
      keyPrefix: prefix,
    });
    limiters.set(client, made);
    return made;
  };
  return { count: (key) => store.ask((client) => limiterOf(client).consume(key)) };
}
