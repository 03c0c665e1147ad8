import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import type { Caller } from '@tonegrid/rpc';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { toTenant, tenantColumns, type TenantRow } from './tenant';
import { lockTenant } from './write-settings';

/** Suspends a tenant below the caller's, or ends that. What it holds stays; whether a credential works is asked at its every use. */
@Injectable()
export class Suspension {
  constructor(
    private readonly audit: Audit,
    private readonly revocations: Revocations,
  ) {}

  /** Again is no error and changes nothing. Throws `tenant.not_found`. */
  async set(tx: Tx, caller: Caller, uuid: string, suspended: boolean) {
    const before = await lockTenant(tx, uuid, { below: true });
    if ((before.suspended_at !== null) === suspended) return { data: toTenant(before) };
    const [after] = await tx.query<TenantRow>(
      `update tenants t set suspended_at = ${suspended ? 'now()' : 'null'} where t.tenant_uuid = $1 returning ${tenantColumns}`,
      [uuid],
    );
    // Those below it are below the caller's too, each with the same tenants between.
    const below = await tx.query<{ tenant_uuid: string }>(
      `with recursive below as (
         select tenant_uuid from tenants where parent_uuid = $1
         union all select t.tenant_uuid from below b join tenants t on t.parent_uuid = b.tenant_uuid
       ) select tenant_uuid from below`,
      [uuid],
    );
    this.revocations.announce(tx, 'tenant', [uuid, ...below.map((each) => each.tenant_uuid)]);
    await this.audit.record(tx, caller, {
      action: suspended ? 'tenant.suspended' : 'tenant.activated',
      target: `tenant:${uuid}`,
      before: { suspended_at: before.suspended_at },
      after: { suspended_at: after!.suspended_at },
    });
    return { data: toTenant(after!) };
  }
}
