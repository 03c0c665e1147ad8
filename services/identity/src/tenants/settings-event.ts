import type { DomainEvent } from '@tonegrid/events';
import type { TenantRow } from './tenant';

/** The settings that the catalogue works with. */
const names = ['default_dsps', 'sobo_party_dpid', 'sobo_party_name', 'isrc_prefix', 'upc_range_start', 'upc_range_end'] as const;

/** The data of `tenant.settings_updated` (TenantSettingsUpdated in tonegrid.events.v1). */
export type TenantSettingsData = Pick<TenantRow, 'tenant_uuid' | (typeof names)[number]>;

/**
 * Tells the catalogue what a tenant has set for it; nothing when none of that has changed. The event is of the tenant that acts, its
 * subject is the tenant whose settings they are, so the latest of them comes last.
 */
export function settingsUpdated(actingTenant: string, before: TenantRow, after: TenantRow): DomainEvent[] {
  if (names.every((name) => String(before[name]) === String(after[name]))) return [];
  const { tenant_uuid, default_dsps, sobo_party_dpid, sobo_party_name, isrc_prefix, upc_range_start, upc_range_end } = after;
  const data: TenantSettingsData = {
    tenant_uuid,
    default_dsps,
    sobo_party_dpid,
    sobo_party_name,
    isrc_prefix,
    upc_range_start,
    upc_range_end,
  };
  return [{ type: 'tenant.settings_updated', subject: tenant_uuid, tenantUuid: actingTenant, data }];
}
