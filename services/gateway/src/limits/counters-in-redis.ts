import { createClient } from '@redis/client';
import { logger } from '@tonegrid/rpc';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { countersOf, unbounded, type Counters } from './counters';

/** How the shared counters are reached. */
export interface RedisOptions {
  /** redis:// or rediss://, with user and password where the server wants them. */
  url: string;
  /** Set before every key: `tonegrid:sandbox:rate`. */
  prefix: string;
  /** Length of a window, seconds. */
  seconds: number;
  /** Longest wait for an answer; a request waits no longer for its counter. Milliseconds. */
  patienceMs: number;
  /** After a failure nothing is asked for this time, so that a store which hangs costs one request a second its patience. Milliseconds. */
  pauseMs?: number;
}

/** A store that has not answered for this long is connected to anew: it may have moved. Milliseconds. */
const giveUpAfterMs = 5_000;

class StoreAway extends Error {}

/**
 * Counters that all gateways share, in Redis or Valkey; each count is one atomic script there. Connects by itself, now and after
 * every loss; until then, and whenever the store does not answer in time, `count` rejects at once.
 */
export function countersInRedis({ url, prefix, seconds, patienceMs, pauseMs = 1_000 }: RedisOptions): Counters {
  let stopped = false;
  let silentSince: number | undefined;
  let pausedUntil = 0;
  let connection = connect();

  function connect() {
    const client = createClient({
      url,
      disableOfflineQueue: true,
      socket: { connectTimeout: 2_000, keepAlive: true, reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, 2_000) },
    });
    let told = false;
    client.on('error', (error: Error) => {
      if (!told) logger.warn({ err: error }, 'the store of the rate limits is away');
      told = true;
    });
    client.on('ready', () => {
      told = false;
      logger.info('connected to the store of the rate limits');
    });
    // Fails only when it is stopped before it has connected: losses are told by 'error' and mended by itself.
    client.connect().catch((error: unknown) => {
      if (!stopped) logger.debug({ err: error }, 'the store of the rate limits was left');
    });
    const limiter = new RateLimiterRedis({
      storeClient: client,
      useRedisPackage: true,
      rejectIfRedisNotReady: true,
      points: unbounded,
      duration: seconds,
      keyPrefix: prefix,
    });
    return { client, counters: countersOf(limiter) };
  }

  function leave(): void {
    if (connection.client.isOpen) connection.client.destroy();
  }

  function fail(error: unknown): never {
    const now = Date.now();
    silentSince ??= now;
    pausedUntil = now + pauseMs;
    if (now - silentSince >= giveUpAfterMs && connection.client.isReady) {
      silentSince = undefined;
      leave();
      connection = connect();
    }
    throw error;
  }

  return {
    async count(key) {
      if (Date.now() < pausedUntil) throw new StoreAway('the store did not answer a moment ago');
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new StoreAway(`no answer in ${patienceMs} ms`)), patienceMs);
      });
      try {
        const asked = connection.counters.count(key);
        asked.catch(() => undefined); // when it fails after we have stopped waiting
        const count = await Promise.race([asked, late]);
        silentSince = undefined;
        return count;
      } catch (error) {
        return fail(error);
      } finally {
        clearTimeout(timer);
      }
    },
    stop() {
      stopped = true;
      leave();
      return Promise.resolve();
    },
  };
}
