import { RateClass } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { networkOf } from '../auth/addresses';
import type { AuditImpersonation } from '../auth/audit-impersonation';
import type { Credentials } from '../auth/credentials';
import type { Authenticated } from '../auth/identity';
import { assertSameOrigin, sessionToken } from '../auth/session-cookie';
import type { ContractRoute } from '../contract/routes';
import { rateLimitHeaders, type RateLimits } from '../limits/rate-limits';
import { continueAs, within } from './call';
import { callerOf } from './caller-of';

/** What admission needs to know. */
export interface Admitting {
  credentials: Credentials;
  limits: RateLimits;
  /** Our own origin and those of CORS_ORIGINS: from there a session cookie may change things. */
  origins: ReadonlySet<string>;
  audit: AuditImpersonation;
}

/**
 * Who may come in to a route: knows the sender, asks where he comes from, counts the request, asks for the scope. It hangs on the
 * matched route, so there is no path that leads around it.
 */
export function admission(
  route: ContractRoute,
  { credentials, limits, origins, audit }: Admitting,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const { who, rate } = route.access;

  const identify = async (request: FastifyRequest): Promise<Authenticated> => {
    const { authorization, cookie } = request.headers;
    const session = authorization === undefined ? sessionToken(cookie) : undefined;
    const found = within(request.call, () => credentials.authenticate(authorization, session));
    const authenticated = found instanceof Promise ? await found : found;
    if (session !== undefined && route.verb !== 'GET') assertSameOrigin(request.headers, origins);
    if (authenticated.addresses && !authenticated.addresses.has(request.ip)) throw new Refused('auth.address_not_allowed');
    return authenticated;
  };

  const count = async (reply: FastifyReply, sender: string, plan?: string): Promise<void> => {
    if (rate === RateClass.NONE) return;
    const counted = await limits.count(rate, sender, plan);
    if (!counted) return;
    reply.headers(rateLimitHeaders(counted));
    if (counted.retryAfterSeconds !== undefined) throw new Refused('rate_limit.exceeded', { retryAfterSeconds: counted.retryAfterSeconds });
  };

  /** Whoever is not known is counted by where he comes from, apart from what is open to all: credentials cannot be guessed at any pace. */
  const countStranger = async (request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<never> => {
    if (error instanceof Refused && error.status === 401) await count(reply, `unknown:${networkOf(request.ip)}`);
    throw error;
  };

  return async (request, reply) => {
    // `/releases/` matches `/releases/:uuid` with nothing in its place: that is no address of ours.
    if (Object.values(request.params as Record<string, string>).includes('')) throw new Refused('route.not_found');
    if (who.case !== 'public') {
      reply.header('cache-control', 'no-store');
      continueAs(request, await identify(request).catch((error: unknown) => countStranger(request, reply, error)));
    }
    const { authenticated } = request.call;
    await count(reply, authenticated?.sender ?? networkOf(request.ip), authenticated?.ratePlan);
    if (who.case === 'scope' && !authenticated!.scopes.has(who.value))
      throw new Refused('auth.scope_missing', { params: { scope: who.value } });
    // What is done in the name of another tenant and cannot be put on record is not done.
    if (authenticated?.caller.onBehalfOf)
      await within(request.call, () =>
        audit(callerOf(request), { method: request.method, route: route.template, path: request.url.split('?', 1)[0]! }),
      );
  };
}
