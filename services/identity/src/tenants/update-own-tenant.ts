import { Injectable } from '@nestjs/common';
import { IdentityService, UpdateOwnTenantResponseSchema, type UpdateOwnTenantRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { settingsUpdated } from './settings-event';
import { toTenant } from './tenant';
import { parseSettings } from './tenant-settings';
import { difference, lockTenant, writeSettings } from './write-settings';

/** `PATCH /tenants/me`. */
@Rpc(IdentityService.method.updateOwnTenant)
@Injectable()
export class UpdateOwnTenant {
  constructor(
    private readonly changes: Changes,
    private readonly audit: Audit,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
  ) {}

  run(caller: Caller, request: UpdateOwnTenantRequest) {
    return this.changes.run(caller, UpdateOwnTenantResponseSchema, async (tx) => {
      const before = await lockTenant(tx, caller.tenantUuid);
      const after = await writeSettings(tx, caller.tenantUuid, parseSettings(request, before.tenant_role, before));
      // Gateways forget the locale and the review policy that they knew.
      this.revocations.announce(tx, 'tenant', [caller.tenantUuid]);
      await this.outbox.add(tx, settingsUpdated(caller.tenantUuid, after));
      await this.audit.record(tx, caller, {
        action: 'tenant.updated',
        target: `tenant:${caller.tenantUuid}`,
        ...difference(before, after),
      });
      return { data: toTenant(after) };
    });
  }
}
