import type { Tx } from '@tonegrid/data';
import { v7 as uuidv7 } from 'uuid';

/** What is to become a tenant. */
export interface NewTenant {
  /** Of the tenant directly above; null for one at the top. */
  parentUuid: string | null;
  name: string;
  slug: string;
  /** platform, enterprise, client or artist. */
  role: string;
  customDomain?: string | null;
  reviewPolicy: 'auto' | 'manual';
}

/** Sandbox tenants have nobody who reviews (REST surface, section 2, delivering). */
export const reviewPolicyIn = (environment: string | undefined) => (environment === 'sandbox' ? 'auto' : 'manual');

/**
 * Makes a tenant, which speaks the language of the one above it; answers its uuid. No RETURNING: the row is another's to see only once the
 * trigger has placed it. Unique violations: `tenants_slug_key`, `tenants_custom_domain_key`.
 */
export async function insertTenant(tx: Tx, wanted: NewTenant): Promise<string> {
  const { parentUuid, name, slug, role, customDomain = null, reviewPolicy } = wanted;
  const uuid = uuidv7();
  await tx.query(
    `insert into tenants (tenant_uuid, parent_uuid, name, slug, tenant_role, custom_domain, review_policy, locale)
     values ($1, $2, $3, $4, $5, $6, $7, coalesce((select t.locale from tenants t where t.tenant_uuid = $2), 'en'))`,
    [uuid, parentUuid, name, slug, role, customDomain, reviewPolicy],
  );
  return uuid;
}

/** Until the end of the transaction no other makes a tenant that nobody above it asks for. */
export const lockFirstTenants = (tx: Tx) => tx.query(`select pg_advisory_xact_lock(hashtext('first tenants'))`);
