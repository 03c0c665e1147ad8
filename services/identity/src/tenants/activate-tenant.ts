import { Injectable } from '@nestjs/common';
import { IdentityService, ActivateTenantResponseSchema, type ActivateTenantRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Suspension } from './suspension';

/** `POST /tenants/clients/:uuid/activate`: what the tenant and those below it hold works again. */
@Rpc(IdentityService.method.activateTenant)
@Injectable()
export class ActivateTenant {
  constructor(
    private readonly changes: Changes,
    private readonly suspension: Suspension,
  ) {}

  run(caller: Caller, { uuid }: ActivateTenantRequest) {
    return this.changes.run(caller, ActivateTenantResponseSchema, (tx) => this.suspension.set(tx, caller, uuid, false));
  }
}
