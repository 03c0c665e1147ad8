import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { CreateClientTenantRequestSchema, CreateUserRequestSchema, TenantRole, UserRole } from '@tonegrid/contracts';
import type { Data } from '@tonegrid/data';
import { checkRules, systemCaller } from '@tonegrid/rpc';
import { insertApiKey } from '../api-keys/api-key.store';
import { audited as auditedKey } from '../api-keys/api-key';
import type { Audit, AuditEntry } from '../audit/audit';
import { hashPassword } from '../passwords/hashing';
import { makePassword } from '../passwords/make-password';
import { allScopes } from '../scopes';
import { audited as auditedUser } from '../users/user';
import { insertUser } from '../users/user.store';
import { insertTenant, lockFirstTenants, type NewTenant } from './insert-tenant';
import { slugProblem } from './tenant-names';

/** What the platform's own tenant is to be. */
export interface PlatformTenant extends Pick<NewTenant, 'name' | 'slug' | 'reviewPolicy'> {
  /** Of its owner, who can log in; without one it has nobody but its key. */
  email?: string;
}

/** How to get in. Neither key nor password can be shown again. */
export interface FirstCredentials {
  tenant: string;
  tenant_uuid: string;
  key: string;
  email?: string;
  password?: string;
}

/**
 * Makes the first tenant of an installation, above which nobody stands, with a key that has every scope and perhaps an owner: together with
 * their entries in its audit log, or not at all. Of several at once one does. Throws when there is a tenant already, and with all that is
 * wrong about the names, by the rules of `POST /tenants/clients` and `POST /users`.
 */
export async function createPlatformTenant(data: Data, audit: Audit, wanted: PlatformTenant): Promise<FirstCredentials> {
  const slug = wanted.slug;
  const name = wanted.name.trim();
  const email = wanted.email?.trim();
  const password = email === undefined ? undefined : makePassword();
  const problems = problemsOf(name, slug, email, password);
  if (problems.length > 0) throw new Error(problems.join(' '));
  const passwordHash = password && (await hashPassword(password));
  return data.system(async (tx) => {
    await lockFirstTenants(tx);
    const [known] = await tx.query<{ slug: string }>('select slug from tenants order by created_at limit 1');
    if (known) throw new Error(`there is a tenant already (${known.slug}), and only an installation without any is given its first one`);
    const tenantUuid = await insertTenant(tx, { parentUuid: null, name, slug, role: 'platform', reviewPolicy: wanted.reviewPolicy });
    const made = { name, slug, tenant_role: 'platform', custom_domain: null };
    const actor = systemCaller('identity', tenantUuid, randomUUID());
    const entries: AuditEntry[] = [{ actor, action: 'tenant.created', target: `tenant:${tenantUuid}`, after: made }];
    const { row, key } = await insertApiKey(tx, { tenantUuid, name: 'first', scopes: allScopes });
    entries.push({ actor, action: 'api_key.created', target: `api_key:${row.uuid}`, after: auditedKey(row) });
    if (email !== undefined && passwordHash !== undefined) {
      const owner = await insertUser(tx, { tenantUuid, email, passwordHash, role: 'owner' });
      entries.push({ actor, action: 'user.created', target: `user:${owner.uuid}`, after: auditedUser(owner) });
    }
    await audit.recordAll(tx, entries);
    return { tenant: slug, tenant_uuid: tenantUuid, key, email, password };
  });
}

function problemsOf(name: string, slug: string, email?: string, password?: string): string[] {
  const tenant = create(CreateClientTenantRequestSchema, { name, slug, tenantRole: TenantRole.PLATFORM });
  const user = email === undefined ? undefined : create(CreateUserRequestSchema, { email, password, role: UserRole.OWNER });
  const fields = {
    ...checkRules(CreateClientTenantRequestSchema, tenant),
    ...(user && checkRules(CreateUserRequestSchema, user)),
  };
  const form = fields['slug'] ? undefined : slugProblem(slug);
  return [...Object.values(fields).flat(), ...(form === undefined ? [] : [form])];
}
