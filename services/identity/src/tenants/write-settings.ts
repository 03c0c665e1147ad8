import { isUniqueViolation, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { tenantColumns, type TenantRow } from './tenant';

/** A tenant of the running transaction's sight, locked. Throws `tenant.not_found`. @param below only one below the running tenant */
export async function lockTenant(tx: Tx, uuid: string, { below = false } = {}): Promise<TenantRow> {
  const [row] = await tx.query<TenantRow>(`select ${tenantColumns} from tenants t where t.tenant_uuid = $1 for update`, [uuid]);
  if (!row || (below && row.tenant_uuid === tx.tenantUuid)) throw new Refused('tenant.not_found');
  return row;
}

/** Writes the settings and gives the tenant as it is then. Throws `tenant.domain_taken`. */
export async function writeSettings(tx: Tx, uuid: string, settings: Partial<TenantRow>): Promise<TenantRow> {
  // The names are our own columns, see parseSettings.
  const names = Object.keys(settings);
  if (names.length === 0) return lockTenant(tx, uuid);
  try {
    const [row] = await tx.savepoint(() =>
      tx.query<TenantRow>(
        `update tenants t set ${names.map((name, index) => `${name} = $${index + 2}`).join(', ')} where t.tenant_uuid = $1 returning ${tenantColumns}`,
        [uuid, ...Object.values(settings)],
      ),
    );
    return row!;
  } catch (error) {
    if (isUniqueViolation(error, 'tenants_custom_domain_key'))
      throw new Refused('tenant.domain_taken', { params: { domain: settings.custom_domain ?? '' } });
    throw error;
  }
}

/** Those of the settings that differ, before and after, for the audit log. */
export function difference(before: TenantRow, after: TenantRow) {
  const names = (Object.keys(after) as (keyof TenantRow)[]).filter((name) => String(before[name]) !== String(after[name]));
  const of = (row: TenantRow) => Object.fromEntries(names.map((name) => [name, row[name]]));
  return { before: of(before), after: of(after) };
}
