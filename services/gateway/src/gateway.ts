import { Server as NetServer } from 'node:net';
import { RateClass, type IdentityService } from '@tonegrid/contracts';
import { logger, type RpcClient } from '@tonegrid/rpc';
import { auditByIdentity } from './auth/audit-impersonation';
import { AccessTokens } from './auth/access-tokens';
import { natsOptions } from '@tonegrid/service';
import { CallerCache } from './auth/caller-cache';
import { Credentials } from './auth/credentials';
import { askIdentity } from './auth/identity';
import { Revocations, touches } from './auth/revocations';
import { fetchSigningKeys, SigningKeys } from './auth/signing-keys';
import type { ContractRoute } from './contract/routes';
import { serveDocs } from './docs/pages';
import { createApp, type App } from './http/app';
import { KeyOwners, ownersInMemory, ownersInRedis } from './http/key-owners';
import { serveContract, type Backends } from './http/serve-contract';
import { countersInRedis } from './limits/counters-in-redis';
import { RateLimits, windowSeconds } from './limits/rate-limits';
import { RatePlans } from './limits/rate-plans';
import { redisStore, type RedisStore } from './limits/redis-store';
import type { Settings } from './settings';

/** How long answers say "close" before the port closes, so that kept-alive clients move on by themselves; milliseconds. */
const drainMs = 1_000;

/** The gateway: REST in, gRPC out. */
export class Gateway {
  readonly routes: readonly ContractRoute[];
  private readonly app: App;
  private readonly store: RedisStore | undefined;
  private readonly revocations: Revocations | undefined;

  /** Throws when the contract cannot be served as it is written. */
  constructor(
    private readonly settings: Settings,
    backends: Backends,
  ) {
    const identity = backends['identity']!.client as unknown as RpcClient<typeof IdentityService>;
    const keys = new SigningKeys(fetchSigningKeys(identity));
    const tokens = new AccessTokens(keys, { issuer: settings.PUBLIC_URL, audience: `tonegrid:${settings.TONEGRID_ENV}` });
    const callers = new CallerCache((credential) => askIdentity(identity, credential));
    const credentials = new Credentials(callers, tokens);
    const { NATS_URL, NATS_CREDENTIALS_FILE, TONEGRID_ENV: env } = settings;
    if (NATS_URL !== undefined)
      this.revocations = new Revocations(natsOptions({ NATS_URL, NATS_CREDENTIALS_FILE }), env, (revocation) =>
        callers.drop((key, known) => touches(revocation, key, known)),
      );
    const { REDIS_URL: url, RATE_LIMIT_STORE_TIMEOUT_MS: patienceMs } = settings;
    if (url !== undefined) this.store = redisStore({ url, patienceMs });
    const origins = new Set([new URL(settings.PUBLIC_URL).origin, ...settings.CORS_ORIGINS]);
    this.app = createApp(settings);
    serveDocs(this.app.fastify, settings);
    this.routes = serveContract(this.app.fastify, {
      backends,
      credentials,
      limits: rateLimits(settings, this.store),
      keys: new KeyOwners(this.store ? ownersInRedis(this.store, `tonegrid:${env}:key`) : ownersInMemory()),
      settings,
      origins,
      audit: auditByIdentity(identity),
    });
  }

  /** Begins to listen; answers the port. */
  async start(): Promise<number> {
    const { HTTP_HOST: host, HTTP_PORT: port } = this.settings;
    this.revocations?.start();
    await this.app.fastify.listen({ host, port });
    const address = this.app.fastify.server.address();
    const bound = typeof address === 'object' && address ? address.port : port;
    logger.info({ host, port: bound, routes: this.routes.length }, 'serving HTTP');
    return bound;
  }

  /**
   * Stops without dropping a request: kept-alive connections end with their next answer; then no new ones are taken and those
   * that were may still send; then idle ones are closed and what is under way is finished, within the grace.
   */
  async stop(): Promise<void> {
    const { server } = this.app.fastify;
    this.app.drain();
    await this.connectionsEnd(drainMs);
    // Only the listener: closing the HTTP server would also cut connections whose first request is on its way.
    NetServer.prototype.close.call(server);
    await this.connectionsEnd(drainMs);
    server.closeIdleConnections();
    await this.connectionsEnd(this.settings.SHUTDOWN_GRACE_MS);
    server.closeAllConnections();
    await this.app.fastify.close();
    await Promise.all([this.store?.stop(), this.revocations?.stop()]);
  }

  private async connectionsEnd(withinMs: number): Promise<void> {
    const until = Date.now() + withinMs;
    while (Date.now() < until && (await this.connections()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  private connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.app.fastify.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }
}

/** The limits of every class, counted in the shared store where there is one. */
function rateLimits(settings: Settings, store: RedisStore | undefined): RateLimits {
  const standard = {
    [RateClass.GENERAL]: settings.RATE_LIMIT_GENERAL,
    [RateClass.AUDIO]: settings.RATE_LIMIT_AUDIO,
    [RateClass.DISTRIBUTION]: settings.RATE_LIMIT_DISTRIBUTION,
    [RateClass.ANALYTICS]: settings.RATE_LIMIT_ANALYTICS,
  };
  const shared = store && countersInRedis(store, `tonegrid:${settings.TONEGRID_ENV}:rate`, windowSeconds);
  return new RateLimits(new RatePlans(standard, settings.RATE_PLANS), shared);
}
