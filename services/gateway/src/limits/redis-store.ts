import { createClient } from '@redis/client';
import { logger } from '@tonegrid/rpc';

/** How the store is reached. */
export interface RedisOptions {
  /** redis:// or rediss://, with user and password where the server wants them. */
  url: string;
  /** Longest wait for an answer; a request waits no longer. Milliseconds. */
  patienceMs: number;
  /** After a failure nothing is asked for this time, so that a store which hangs costs one request a second its patience. Milliseconds. */
  pauseMs?: number;
}

/** A client of the store. */
export type RedisClient = ReturnType<typeof createClient>;

/** What all gateways share, in Redis or Valkey. */
export interface RedisStore {
  /** Asks the store. Rejects at once while it is not connected, and when it does not answer in time. */
  ask<T>(question: (client: RedisClient) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** A store that has not answered for this long is connected to anew: it may have moved. Milliseconds. */
const giveUpAfterMs = 5_000;

class StoreAway extends Error {}

/** Connects by itself, now and after every loss. */
export function redisStore({ url, patienceMs, pauseMs = 1_000 }: RedisOptions): RedisStore {
  let stopped = false;
  let silentSince: number | undefined;
  let pausedUntil = 0;
  let client = connect();

  function connect(): RedisClient {
    const made: RedisClient = createClient({
      url,
      disableOfflineQueue: true,
      socket: { connectTimeout: 2_000, keepAlive: true, reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, 2_000) },
    });
    let told = false;
    made.on('error', (error: Error) => {
      if (!told) logger.warn({ err: error }, 'the shared store is away');
      told = true;
    });
    made.on('ready', () => {
      told = false;
      logger.info('connected to the shared store');
    });
    // Fails only when it is stopped before it has connected: losses are told by 'error' and mended by itself.
    made.connect().catch((error: unknown) => {
      if (!stopped) logger.debug({ err: error }, 'the shared store was left');
    });
    return made;
  }

  function leave(): void {
    if (client.isOpen) client.destroy();
  }

  function fail(error: unknown): never {
    const now = Date.now();
    silentSince ??= now;
    pausedUntil = now + pauseMs;
    if (now - silentSince >= giveUpAfterMs && client.isReady) {
      silentSince = undefined;
      leave();
      client = connect();
    }
    throw error;
  }

  return {
    async ask(question) {
      if (Date.now() < pausedUntil) throw new StoreAway('the store did not answer a moment ago');
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new StoreAway(`no answer in ${patienceMs} ms`)), patienceMs);
      });
      try {
        const asked = question(client);
        asked.catch(() => undefined); // when it fails after we have stopped waiting
        const answer = await Promise.race([asked, late]);
        silentSince = undefined;
        return answer;
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
