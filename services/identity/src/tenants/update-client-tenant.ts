import { Injectable } from '@nestjs/common';
import { IdentityService, UpdateClientTenantResponseSchema, type UpdateClientTenantRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { settingsUpdated } from './settings-event';
import { toTenant } from './tenant';
import { parseSettings } from './tenant-settings';
import { difference, lockTenant, writeSettings } from './write-settings';

/** `PATCH /tenants/clients/:uuid`. */
@Rpc(IdentityService.method.updateClientTenant)
@Injectable()
export class UpdateClientTenant {
  constructor(
    private readonly changes: Changes,
    private readonly audit: Audit,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
  ) {}

  run(caller: Caller, request: UpdateClientTenantRequest) {
    const { uuid } = request;
    return this.changes.run(caller, UpdateClientTenantResponseSchema, async (tx) => {
      const before = await lockTenant(tx, uuid, { below: true });
      const after = await writeSettings(tx, uuid, parseSettings(request, caller.tenantRole, before));
      // Gateways forget the locale, the review policy and the rate plan that they knew.
      this.revocations.announce(tx, 'tenant', [uuid]);
      await this.outbox.add(tx, settingsUpdated(caller.tenantUuid, after));
      await this.audit.record(tx, caller, { action: 'tenant.updated', target: `tenant:${uuid}`, ...difference(before, after) });
      return { data: toTenant(after) };
    });
  }
}
