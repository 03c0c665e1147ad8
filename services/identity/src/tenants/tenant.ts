import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ReviewPolicySchema, TenantRoleSchema, words, type ReviewPolicy, type TenantRole, type TenantSchema } from '@tonegrid/contracts';

/** The words of the roles and of the review policies. */
export const tenantRoles = words<TenantRole>(TenantRoleSchema);
export const reviewPolicies = words<ReviewPolicy>(ReviewPolicySchema);

/** A row of `tenants`. */
export interface TenantRow {
  tenant_uuid: string;
  parent_uuid: string | null;
  name: string;
  slug: string;
  tenant_role: string;
  custom_domain: string | null;
  review_policy: string;
  rate_plan: string;
  locale: string;
  default_dsps: string[];
  sobo_party_dpid: string | null;
  sobo_party_name: string | null;
  isrc_prefix: string | null;
  upc_range_start: string | null;
  upc_range_end: string | null;
  suspended_at: Date | null;
  created_at: Date;
}

export const tenantColumns = `t.tenant_uuid, t.parent_uuid, t.name, t.slug, t.tenant_role, t.custom_domain, t.review_policy, t.rate_plan, t.locale,
  t.default_dsps, t.sobo_party_dpid, t.sobo_party_name, t.isrc_prefix, t.upc_range_start, t.upc_range_end, t.suspended_at, t.created_at`;

/** A tenant as the contract shows it. */
export const toTenant = (row: TenantRow): MessageInitShape<typeof TenantSchema> => ({
  uuid: row.tenant_uuid,
  name: row.name,
  slug: row.slug,
  tenantRole: tenantRoles.value(row.tenant_role),
  parentUuid: row.parent_uuid ?? undefined,
  customDomain: row.custom_domain ?? undefined,
  locale: row.locale,
  reviewPolicy: reviewPolicies.value(row.review_policy),
  defaultDsps: row.default_dsps,
  soboPartyDpid: row.sobo_party_dpid ?? undefined,
  soboPartyName: row.sobo_party_name ?? undefined,
  isrcPrefix: row.isrc_prefix ?? undefined,
  upcRangeStart: row.upc_range_start ?? undefined,
  upcRangeEnd: row.upc_range_end ?? undefined,
  ratePlan: row.rate_plan || undefined,
  suspendedAt: row.suspended_at ? timestampFromDate(row.suspended_at) : undefined,
  createdAt: timestampFromDate(row.created_at),
});
