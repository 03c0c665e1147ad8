import type { DomainEvent } from '@tonegrid/events';
import type { TenantRow } from './tenant';

/** The data of `tenant.settings_updated` (TenantSettingsUpdated in tonegrid.events.v1). */
export type TenantSettingsData = Pick<
  TenantRow,
  'tenant_uuid' | 'default_dsps' | 'sobo_party_dpid' | 'sobo_party_name' | 'isrc_prefix' | 'upc_range_start' | 'upc_range_end'
>;

/**
 * Tells the catalogue what a tenant has set for it: all of it with every update, so that a catalogue that lost it has it again after the next.
 * The event is of the tenant that acts; its subject is the tenant whose settings they are, so the latest of them comes last.
 */
export function settingsUpdated(actingTenant: string, tenant: TenantRow): DomainEvent {
  const { tenant_uuid, default_dsps, sobo_party_dpid, sobo_party_name, isrc_prefix, upc_range_start, upc_range_end } = tenant;
  const data: TenantSettingsData = {
    tenant_uuid,
    default_dsps,
    sobo_party_dpid,
    sobo_party_name,
    isrc_prefix,
    upc_range_start,
    upc_range_end,
  };
  return { type: 'tenant.settings_updated', subject: tenant_uuid, tenantUuid: actingTenant, data };
}
