import { Inject, Injectable } from '@nestjs/common';
import { CreateClientTenantResponseSchema, IdentityService, type CreateClientTenantRequest } from '@tonegrid/contracts';
import { isUniqueViolation } from '@tonegrid/data';
import { invalid, Refused } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import { Audit } from '../audit/audit';
import type { IdentityConfig } from '../config';
import { mayMake } from './hierarchy';
import { insertTenant, reviewPolicyIn } from './insert-tenant';
import { tenantRoles, toTenant } from './tenant';
import { parseDomain, slugProblem } from './tenant-names';
import { lockTenant } from './write-settings';

/** `POST /tenants/clients`: a tenant directly below the caller's. */
@Rpc(IdentityService.method.createClientTenant)
@Injectable()
export class CreateClientTenant {
  constructor(
    private readonly changes: Changes,
    private readonly audit: Audit,
    @Inject(CONFIG) private readonly config: IdentityConfig,
  ) {}

  async run(caller: Caller, request: CreateClientTenantRequest) {
    const { name, slug } = request;
    const role = tenantRoles.word(request.tenantRole)!;
    const problem = slugProblem(slug);
    if (problem) throw invalid({ slug: [problem] });
    const domain = request.customDomain ? parseDomain(request.customDomain) : null;
    if (domain === undefined) throw invalid({ custom_domain: ['The custom_domain must be a host name, like music.example.com.'] });
    if (!mayMake(caller.tenantRole, role)) throw new Refused('tenant.role_not_allowed', { params: { own: caller.tenantRole, role } });
    return this.changes.run(caller, CreateClientTenantResponseSchema, async (tx) => {
      const reviewPolicy = reviewPolicyIn(this.config.TONEGRID_ENV);
      let uuid: string;
      try {
        uuid = await tx.savepoint(() =>
          insertTenant(tx, { parentUuid: caller.tenantUuid, name: name.trim(), slug, role, customDomain: domain, reviewPolicy }),
        );
      } catch (error) {
        if (isUniqueViolation(error, 'tenants_slug_key')) throw new Refused('tenant.slug_taken', { params: { slug } });
        if (isUniqueViolation(error, 'tenants_custom_domain_key'))
          throw new Refused('tenant.domain_taken', { params: { domain: domain ?? '' } });
        throw error;
      }
      const row = await lockTenant(tx, uuid, { below: true });
      const after = { name: row.name, slug: row.slug, tenant_role: row.tenant_role, custom_domain: row.custom_domain };
      await this.audit.record(tx, caller, { action: 'tenant.created', target: `tenant:${uuid}`, after });
      return { data: toTenant(row) };
    });
  }
}
