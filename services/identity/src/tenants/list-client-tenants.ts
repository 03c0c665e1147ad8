import { Injectable } from '@nestjs/common';
import { IdentityService, type ListClientTenantsRequest } from '@tonegrid/contracts';
import { envelopePage, Pages, type List, type Order } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { tenantColumns, tenantRoles, toTenant, type TenantRow } from './tenant';

/** Index: tenant_descendants_newest (tenant_uuid, created_at, descendant_uuid). */
const newestFirst: Order = {
  name: 'newest',
  descending: true,
  columns: [
    { sql: 'd.created_at', type: 'timestamptz' },
    { sql: 'd.descendant_uuid', type: 'uuid' },
  ],
};

/** `GET /tenants/clients`: all tenants below the caller's, newest first. */
@Rpc(IdentityService.method.listClientTenants)
@Injectable()
export class ListClientTenants {
  constructor(private readonly pages: Pages) {}

  async run(caller: Caller, request: ListClientTenantsRequest) {
    const role = tenantRoles.word(request.tenantRole);
    const list: List = {
      name: 'client-tenants',
      select: tenantColumns,
      from: 'tenant_descendants d join tenants t on t.tenant_uuid = d.descendant_uuid',
      tenant: 'd.tenant_uuid',
      order: newestFirst,
      where: {
        tenant_role: role !== undefined && ['t.tenant_role = $1', role],
        parent_uuid: request.parentUuid !== undefined && ['t.parent_uuid = $1', request.parentUuid],
        suspended: request.suspended !== undefined && ['(t.suspended_at is not null) = $1', request.suspended],
      },
    };
    const page = await this.pages.list<TenantRow>(caller, request, list);
    return { data: page.rows.map(toTenant), ...envelopePage(page) };
  }
}
