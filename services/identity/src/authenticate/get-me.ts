import { Injectable } from '@nestjs/common';
import { IdentityService } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { tenantColumns, toTenant, type TenantRow } from '../tenants/tenant';
import { toUser, userColumns, type UserRow } from '../users/user';

/** `GET /auth/me`: the caller as the platform sees it. */
@Rpc(IdentityService.method.getMe)
@Injectable()
export class GetMe {
  constructor(private readonly data: Data) {}

  async run(caller: Caller) {
    const [row] = await this.data.read<TenantRow>(
      caller,
      `select ${tenantColumns} from tenants t where t.tenant_uuid = $1`,
      [caller.tenantUuid],
      'own_tenant',
    );
    if (!row) throw new Refused('tenant.not_found');
    return {
      tenant: toTenant(row),
      subject: caller.subject,
      scopes: [...caller.scopes],
      user: await this.person(caller),
      actingAs: Boolean(caller.onBehalfOf),
      onBehalfOf: caller.onBehalfOf || undefined,
    };
  }

  /** Under impersonation he belongs to the tenant that acts. */
  private async person({ subject, tenantUuid, onBehalfOf }: Caller) {
    const [kind, uuid] = subject.split(':');
    if (kind !== 'user') return undefined;
    const [row] = await this.data.read<UserRow>(
      { tenantUuid: onBehalfOf || tenantUuid },
      `select ${userColumns} from users u where u.uuid = $1`,
      [uuid],
      'user',
    );
    return row && toUser(row);
  }
}
