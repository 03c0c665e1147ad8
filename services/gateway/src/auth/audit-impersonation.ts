import type { IdentityService } from '@tonegrid/contracts';
import type { Caller, RpcClient } from '@tonegrid/rpc';

/** Puts a call that is made by an impersonation token on record; rejects when that cannot be done. */
export type AuditImpersonation = (caller: Caller, called: { method: string; route: string; path: string }) => Promise<void>;

/** Longest target that the audit log takes, characters. */
const longest = 500;

/** Records in identity's audit log, in that of the tenant and of the one that acts as it. */
export const auditByIdentity =
  (identity: RpcClient<typeof IdentityService>): AuditImpersonation =>
  async (caller, { method, route, path }) => {
    await identity.recordAudit(caller, {
      actionType: 'impersonation.call',
      target: `${method} ${path}`.slice(0, longest),
      after: { route: `${method} ${route}` },
    });
  };
