import { RateClass } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Credentials } from '../auth/credentials';
import type { ContractRoute } from '../contract/routes';
import type { RateLimits } from '../limits/rate-limits';
import { within } from './call';

/**
 * Who may come in to a route: knows the sender, counts the request, asks for the scope. It hangs on the matched route, so there
 * is no path that leads around it.
 */
export function admission(
  route: ContractRoute,
  credentials: Credentials,
  limits: RateLimits,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const { who, rate } = route.access;
  const counts = rate !== RateClass.NONE && limits.counts(rate);
  return async (request, reply) => {
    // `/releases/` matches `/releases/:uuid` with nothing in its place: that is no address of ours.
    if (Object.values(request.params as Record<string, string>).includes('')) throw new Refused('route.not_found');
    if (who.case !== 'public') {
      const found = within(request.call, () => credentials.authenticate(request.headers.authorization));
      request.call.authenticated = found instanceof Promise ? await found : found;
      reply.header('cache-control', 'no-store');
    }
    const { authenticated } = request.call;
    if (counts) {
      const counted = await limits.count(
        rate,
        authenticated ? `${authenticated.caller.tenantUuid}:${authenticated.caller.subject}` : request.ip,
      );
      if (counted) {
        reply.headers({
          'x-ratelimit-limit': counted.limit,
          'x-ratelimit-remaining': counted.remaining,
          'x-ratelimit-reset': counted.reset,
        });
        if (counted.retryAfterSeconds !== undefined)
          throw new Refused('rate_limit.exceeded', { retryAfterSeconds: counted.retryAfterSeconds });
      }
    }
    if (who.case === 'scope' && !authenticated!.scopes.has(who.value))
      throw new Refused('auth.scope_missing', { params: { scope: who.value } });
  };
}
