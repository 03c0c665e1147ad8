import { Injectable } from '@nestjs/common';
import { IdentityService, type GetClientTenantRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { tenantColumns, toTenant, type TenantRow } from './tenant';

/** `GET /tenants/clients/:uuid`. */
@Rpc(IdentityService.method.getClientTenant)
@Injectable()
export class GetClientTenant {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, { uuid }: GetClientTenantRequest) {
    const [row] = await this.data.read<TenantRow>(
      caller,
      `select ${tenantColumns} from tenants t where t.tenant_uuid = $1 and t.tenant_uuid <> $2`,
      [uuid, caller.tenantUuid],
      'client_tenant',
    );
    if (!row) throw new Refused('tenant.not_found');
    return { data: toTenant(row) };
  }
}
