import { Injectable } from '@nestjs/common';
import { IdentityService } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { tenantColumns, toTenant, type TenantRow } from './tenant';

/** `GET /tenants/me`. */
@Rpc(IdentityService.method.getOwnTenant)
@Injectable()
export class GetOwnTenant {
  constructor(private readonly data: Data) {}

  async run(caller: Caller) {
    const [row] = await this.data.read<TenantRow>(
      caller,
      `select ${tenantColumns} from tenants t where t.tenant_uuid = $1`,
      [caller.tenantUuid],
      'own_tenant',
    );
    if (!row) throw new Refused('tenant.not_found');
    return { data: toTenant(row) };
  }
}
