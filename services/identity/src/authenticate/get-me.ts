import { Injectable } from '@nestjs/common';
import { IdentityService, TenantRoleSchema, words, type TenantRole } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';

/** `GET /auth/me`: the caller as the platform sees it. */
@Rpc(IdentityService.method.getMe)
@Injectable()
export class GetMe {
  constructor(private readonly data: Data) {}

  async run(caller: Caller) {
    const [row] = await this.data.read<{ name: string; slug: string; tenant_role: string }>(
      caller,
      'select name, slug, tenant_role from tenants where tenant_uuid = $1',
      [caller.tenantUuid],
      'me',
    );
    if (!row) throw new Refused('tenant.not_found');
    const tenantRole = words<TenantRole>(TenantRoleSchema).value(row.tenant_role);
    return {
      tenant: { uuid: caller.tenantUuid, name: row.name, slug: row.slug, tenantRole },
      subject: caller.subject,
      scopes: [...caller.scopes],
    };
  }
}
