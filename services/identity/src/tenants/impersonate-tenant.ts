import { Injectable } from '@nestjs/common';
import { IdentityService, ImpersonateTenantResponseSchema, type ImpersonateTenantRequest } from '@tonegrid/contracts';
import type { Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit';
import { scopesToGrant } from '../scopes';
import { AccessTokens } from '../tokens/access-tokens';
import { accessSeconds } from '../tokens/lifetimes';

/**
 * `POST /tenants/clients/:uuid/impersonate`: a token with which the caller acts as a tenant below its own, for an hour at most and without
 * a refresh token. It ends with whatever the caller holds, and when either tenant is suspended.
 */
@Rpc(IdentityService.method.impersonateTenant)
@Injectable()
export class ImpersonateTenant {
  constructor(
    private readonly changes: Changes,
    private readonly tokens: AccessTokens,
    private readonly audit: Audit,
  ) {}

  async run(caller: Caller, request: ImpersonateTenantRequest) {
    const { uuid: tenantUuid, expiresIn: seconds = accessSeconds, reason } = request;
    if (caller.onBehalfOf) throw new Refused('auth.impersonation_nested');
    const scopes = request.scopes.length > 0 ? scopesToGrant(request.scopes, caller.scopes) : caller.scopes;
    const holder = holderOf(caller.subject);
    const signer = await this.tokens.signer();
    return this.changes.run(caller, ImpersonateTenantResponseSchema, async (tx) => {
      // Upwards from the other tenant, as far as the caller sees: its own row is the last.
      const [found] = await tx.query<{ suspended: boolean }>(
        `with recursive up as (
           select t.tenant_uuid, t.parent_uuid, t.suspended_at from tenants t where t.tenant_uuid = $1
           union all select t.tenant_uuid, t.parent_uuid, t.suspended_at from up join tenants t on t.tenant_uuid = up.parent_uuid
         ) select coalesce(bool_or(suspended_at is not null), false) as suspended from up having bool_or(tenant_uuid = $2) and $1 <> $2`,
        [tenantUuid, caller.tenantUuid],
      );
      if (!found) throw new Refused('tenant.not_descendant');
      if (found.suspended) throw new Refused('tenant.suspended');
      const token = await this.grantTo(tx, tenantUuid, async () => {
        const familyUuid = uuidv7();
        await tx.query(`insert into token_families (uuid, tenant_uuid, ${holder.column}, on_behalf_of) values ($1, $2, $3, $4)`, [
          familyUuid,
          tenantUuid,
          holder.uuid,
          caller.tenantUuid,
        ]);
        return this.tokens.issue(tx, signer, {
          tenantUuid,
          familyUuid,
          subject: caller.subject,
          scopes,
          seconds,
          onBehalfOf: caller.tenantUuid,
        });
      });
      const after = { expires_in: seconds, scopes, reason };
      await this.audit.record(tx, caller, { action: 'tenant.impersonated', target: `tenant:${tenantUuid}`, after });
      return { data: { ...token, actingAs: true, onBehalfOf: caller.tenantUuid, tenantUuid } };
    });
  }

  /** The token is the other tenant's row: it is written as that tenant, in the same transaction. */
  private async grantTo<T>(tx: Tx, tenantUuid: string, work: () => Promise<T>): Promise<T> {
    const set = (tenant: string) => tx.query(`select set_config('tonegrid.tenant', $1, true)`, [tenant]);
    await set(tenantUuid);
    const result = await work();
    await set(tx.tenantUuid);
    return result;
  }
}

const columns: Record<string, string> = { oauth_client: 'client_uuid', user: 'user_uuid', api_key: 'api_key_uuid' };

/** Whose the token is: with him it ends. */
function holderOf(subject: string): { column: string; uuid: string } {
  const [kind = '', uuid = ''] = subject.split(':');
  const column = columns[kind];
  if (column === undefined) throw new Error(`${subject} cannot hold tokens`);
  return { column, uuid };
}
