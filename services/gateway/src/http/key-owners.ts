import { createHash } from 'node:crypto';
import { Refused } from '@tonegrid/errors';
import { logger } from '@tonegrid/rpc';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ContractRoute } from '../contract/routes';
import type { RedisStore } from '../limits/redis-store';
import { honoursKeys, idempotencyKey } from './idempotency-key';

/** How long an Idempotency-Key holds, seconds (reference, Idempotency). */
const lifeSeconds = 24 * 3600;
/** Keys that one process remembers at most, without a shared store. */
const mostKeys = 100_000;

/** Which service's answer a key holds: words by key. Rejects when the store fails. */
export interface OwnerStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, owner: string): Promise<void>;
}

/** Remembered by this process alone, the oldest forgotten first. */
export function ownersInMemory(size = mostKeys, now = Date.now): OwnerStore {
  const owners = new Map<string, { owner: string; until: number }>();
  return {
    get: async (key) => {
      const known = owners.get(key);
      return known && known.until > now() ? known.owner : undefined;
    },
    set: async (key, owner) => {
      owners.delete(key);
      owners.set(key, { owner, until: now() + lifeSeconds * 1000 });
      if (owners.size > size) owners.delete(owners.keys().next().value!);
    },
  };
}

/** Remembered for all gateways. @param prefix set before every key: `tonegrid:sandbox:key` */
export const ownersInRedis = (store: RedisStore, prefix: string): OwnerStore => ({
  get: async (key) => (await store.ask((client) => client.get(`${prefix}:${key}`))) ?? undefined,
  set: async (key, owner) => void (await store.ask((client) => client.set(`${prefix}:${key}`, owner, { EX: lifeSeconds }))),
});

/**
 * Keeps an Idempotency-Key to one service. Each service keeps its answers by key in the transaction of the change itself, and knows when the
 * key comes again with another request; of the keys of others it knows nothing. So the gateway remembers whose answer a key holds, and
 * refuses it for another service as the service itself would for another route. Best effort, beside what the services do: with the store
 * away requests pass.
 */
export class KeyOwners {
  constructor(private readonly store: OwnerStore) {}

  /** The hooks of a route that honours keys: before the change, and after its answer. None for others. */
  hooksOf(route: ContractRoute) {
    if (!honoursKeys(route)) return {};
    return {
      preHandler: async (request: FastifyRequest) => {
        const key = keyOf(request);
        if (key === undefined) return;
        const owner = await this.store.get(key).catch(failed);
        if (owner !== undefined && owner !== route.service) throw new Refused('idempotency.key_mismatch');
      },
      onSend: async (request: FastifyRequest, reply: FastifyReply) => {
        // What did not get as far as the service, and what it does not keep either (libs/idempotency), leaves the key free.
        const { statusCode: status } = reply;
        const isKept = status < 500 && ![401, 403, 429].includes(status) && !reply.hasHeader('retry-after');
        if (!isKept || request.call.caller?.idempotency === undefined) return;
        await this.store.set(keyOf(request)!, route.service).catch(failed);
      },
    };
  }
}

function keyOf(request: FastifyRequest): string | undefined {
  const key = idempotencyKey(request.headers['idempotency-key']);
  const tenant = request.call.authenticated?.caller.tenantUuid;
  return key === undefined || tenant === undefined ? undefined : createHash('sha256').update(`${tenant}\n${key}`).digest('base64url');
}

/** Passes: the services protect the change, this only tells of a mistake. */
function failed(error: unknown): undefined {
  logger.debug({ err: error }, 'which service an Idempotency-Key belongs to is not known');
}
