import type { Tx } from '@tonegrid/data';
import type { ConfigRow, OverrideRow, Sobo } from './effective-config';
import type { SupplyChain } from './supply-chain-messages';

const deals = `monetization_policy_codes, pricing_tier_code, pricing_custom_track_minor, pricing_custom_album_minor, pricing_currency,
  territory_mode, territory_codes`;

const configOf = `select ${deals}, is_test_delivery, sobo_party_dpid, sobo_party_name, updated_at from supply_chain_configs where release_uuid = $1`;
const overridesOf = `select dsp, ${deals}, rights_override, is_blocked, release_date_override from dsp_overrides where release_uuid = $1`;

/** The release's configuration, if it has one. */
export async function configRow(tx: Tx, releaseUuid: string): Promise<ConfigRow | undefined> {
  return (await tx.query<ConfigRow>(configOf, [releaseUuid]))[0];
}

/** The overrides of a release. */
export const overrideRows = (tx: Tx, releaseUuid: string): Promise<OverrideRow[]> => tx.query<OverrideRow>(overridesOf, [releaseUuid]);

/** A row of the select below. */
export interface SupplyChainRow {
  release_date: string | null;
  dsps: string[];
  config: (Omit<ConfigRow, 'updated_at'> & { updated_at: string }) | null;
  tenant: Sobo | null;
  overrides: OverrideRow[] | null;
}

/** Everything about the supply chain of a release, in one statement: $1 the release. No row: no such release. */
export const supplyChainSql = `select r.release_date,
  array(select d.dsp from release_dsps d where d.release_uuid = r.uuid order by d.attached_at, d.dsp) as dsps,
  (select to_json(c) from (${configOf.replace('$1', 'r.uuid')}) c) as config,
  (select to_json(s) from (select sobo_party_dpid, sobo_party_name from tenant_settings t where t.tenant_uuid = r.tenant_uuid) s) as tenant,
  (select json_agg(o) from (${overridesOf.replace('$1', 'r.uuid')}) o) as overrides
  from releases r where r.uuid = $1`;

/** Amounts come out of JSON as numbers: back to the text that bigint columns have elsewhere. */
const withTextAmounts = <T extends { pricing_custom_track_minor: string | null; pricing_custom_album_minor: string | null }>(
  row: T,
): T => ({
  ...row,
  pricing_custom_track_minor: row.pricing_custom_track_minor === null ? null : String(row.pricing_custom_track_minor),
  pricing_custom_album_minor: row.pricing_custom_album_minor === null ? null : String(row.pricing_custom_album_minor),
});

export const supplyChainOf = (row: SupplyChainRow): SupplyChain => ({
  releaseDate: row.release_date,
  dsps: row.dsps,
  config: row.config ? withTextAmounts({ ...row.config, updated_at: new Date(row.config.updated_at) }) : undefined,
  tenant: row.tenant ?? undefined,
  overrides: (row.overrides ?? []).map(withTextAmounts),
});

/** Sets columns of the release's configuration, which comes into being with the first. */
export async function setConfig(tx: Tx, releaseUuid: string, values: Partial<ConfigRow>): Promise<void> {
  await upsert(tx, 'supply_chain_configs', { release_uuid: releaseUuid, tenant_uuid: tx.tenantUuid }, 'release_uuid', values);
}

/** Sets columns of the override of one DSP, which comes into being with the first. */
export async function setOverride(tx: Tx, releaseUuid: string, dsp: string, values: Partial<OverrideRow>): Promise<void> {
  const row = { ...values, ...(values.rights_override && { rights_override: JSON.stringify(values.rights_override) }) };
  await upsert(tx, 'dsp_overrides', { release_uuid: releaseUuid, dsp, tenant_uuid: tx.tenantUuid }, 'release_uuid, dsp', row);
}

/** Removes the override of a DSP and gives what it was; undefined when there was none. */
export async function clearOverride(tx: Tx, releaseUuid: string, dsp: string): Promise<OverrideRow | undefined> {
  const columns = `dsp, ${deals}, rights_override, is_blocked, release_date_override`;
  const [row] = await tx.query<OverrideRow>(`delete from dsp_overrides where release_uuid = $1 and dsp = $2 returning ${columns}`, [
    releaseUuid,
    dsp,
  ]);
  return row;
}

async function upsert(tx: Tx, table: string, key: Record<string, string>, unique: string, values: Record<string, unknown>): Promise<void> {
  const row = { ...key, ...values };
  const names = Object.keys(row);
  const sets = [...Object.keys(values).map((name) => `${name} = excluded.${name}`), 'updated_at = now()'];
  await tx.query(
    `insert into ${table} (${names.join(', ')}) values (${names.map((_, n) => `$${n + 1}`).join(', ')})
     on conflict (${unique}) do update set ${sets.join(', ')}`,
    Object.values(row),
  );
}
