import type { IdentityService } from '@tonegrid/contracts';
import type { RpcClient } from '@tonegrid/rpc';
import type { FastifyRequest } from 'fastify';
import type { ContractRoute } from '../contract/routes';
import { within } from './call';
import { callerOf } from './caller-of';

/**
 * Has every request of an impersonation token written to the audit log before it is served (reference, Tenants). What cannot be recorded is
 * not done: the refusal of the log (identity is away: 503) is the answer.
 */
export function auditActing(route: ContractRoute, identity: RpcClient<typeof IdentityService>): (request: FastifyRequest) => Promise<void> {
  const target = `${route.verb} ${route.template}`;
  return async (request) => {
    if (!request.call.authenticated?.caller.onBehalfOf) return;
    const parameters = Object.entries(request.params as Record<string, string>);
    await within(request.call, () =>
      identity.recordAudit(callerOf(request), {
        actionType: 'impersonation.call',
        target,
        after: { method: request.method, ...Object.fromEntries(parameters) },
      }),
    );
  };
}
