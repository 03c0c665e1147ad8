import { Injectable } from '@nestjs/common';
import { IdentityService, SuspendTenantResponseSchema, type SuspendTenantRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Suspension } from './suspension';

/** `POST /tenants/clients/:uuid/suspend`: what the tenant and those below it hold stops at once. */
@Rpc(IdentityService.method.suspendTenant)
@Injectable()
export class SuspendTenant {
  constructor(
    private readonly changes: Changes,
    private readonly suspension: Suspension,
  ) {}

  run(caller: Caller, { uuid }: SuspendTenantRequest) {
    return this.changes.run(caller, SuspendTenantResponseSchema, (tx) => this.suspension.set(tx, caller, uuid, true));
  }
}
