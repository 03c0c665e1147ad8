import { Injectable } from '@nestjs/common';
import { Data, type Tenant, type Tx } from '@tonegrid/data';
import type { Sobo } from '../supply-chain/effective-config';

/** What a tenant has set for its catalogue with `PATCH /tenants/me`, as identity tells it. */
export interface Settings extends Sobo {
  /** DSPs of a release that names none; slugs as identity took them, of which this deployment may not have each. */
  default_dsps: string[];
  /** Country and registrant, five characters. */
  isrc_prefix: string | null;
  /** UPC-A, both or neither. */
  upc_range_start: string | null;
  upc_range_end: string | null;
}

const columns = 'default_dsps, sobo_party_dpid, sobo_party_name, isrc_prefix, upc_range_start, upc_range_end';

const none: Settings = {
  default_dsps: [],
  sobo_party_dpid: null,
  sobo_party_name: null,
  isrc_prefix: null,
  upc_range_start: null,
  upc_range_end: null,
};

/** How long what was read serves; milliseconds. What a tenant sets holds after that and the way of its event. */
const freshMs = 1_000;
/** Most tenants that are remembered. */
const size = 10_000;

/** The settings of the tenants; of a tenant that has set nothing, nothing. */
@Injectable()
export class TenantSettings {
  private readonly known = new Map<string, { until: number; settings: Promise<Settings> }>();

  constructor(private readonly data: Data) {}

  /** Not to be called in a transaction: it may need a connection of its own. */
  of(tenant: Tenant): Promise<Settings> {
    const entry = this.known.get(tenant.tenantUuid);
    if (entry && entry.until > Date.now()) return entry.settings;
    if (this.known.size >= size) this.known.clear();
    const settings = this.read(tenant);
    this.known.set(tenant.tenantUuid, { until: Date.now() + freshMs, settings });
    settings.catch(() => this.known.delete(tenant.tenantUuid));
    return settings;
  }

  private async read(tenant: Tenant): Promise<Settings> {
    const sql = `select ${columns} from tenant_settings where tenant_uuid = $1`;
    return (await this.data.read<Settings>(tenant, sql, [tenant.tenantUuid], 'tenant_settings'))[0] ?? none;
  }
}

/** On whose behalf the running tenant's messages are sent when a release does not say. */
export async function soboOf(tx: Tx): Promise<Sobo | undefined> {
  const sql = 'select sobo_party_dpid, sobo_party_name from tenant_settings where tenant_uuid = $1';
  return (await tx.query<Sobo>(sql, [tx.tenantUuid]))[0];
}

/** Writes what a tenant has set; a transaction over all tenants, or of that one. */
export async function writeTenantSettings(tx: Tx, tenantUuid: string, settings: Settings): Promise<void> {
  const values = [
    settings.default_dsps,
    settings.sobo_party_dpid,
    settings.sobo_party_name,
    settings.isrc_prefix,
    settings.upc_range_start,
    settings.upc_range_end,
  ];
  await tx.query(
    `insert into tenant_settings (tenant_uuid, ${columns}) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (tenant_uuid) do update set (${columns}, updated_at) = (excluded.default_dsps, excluded.sobo_party_dpid,
       excluded.sobo_party_name, excluded.isrc_prefix, excluded.upc_range_start, excluded.upc_range_end, now())`,
    [tenantUuid, ...values],
  );
}
