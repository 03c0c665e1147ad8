import { Injectable } from '@nestjs/common';
import { IdentityService, type RecordAuditRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Audit } from './audit';

/** Internal: what a caller does, in the chain of its tenant and, under impersonation, in that of the tenant behind it too. */
@Rpc(IdentityService.method.recordAudit)
@Injectable()
export class RecordAudit {
  constructor(
    private readonly data: Data,
    private readonly audit: Audit,
  ) {}

  async run(caller: Caller, { actionType, target, before, after }: RecordAuditRequest) {
    const tenants = [caller.tenantUuid, ...(caller.onBehalfOf ? [caller.onBehalfOf] : [])];
    const entries = tenants.map((tenant) => ({ actor: caller, tenant, action: actionType, target, before, after }));
    await this.data.system((tx) => this.audit.recordAll(tx, entries));
    return {};
  }
}
