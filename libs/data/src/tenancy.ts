/**
 * SQL for migrations: tenancy by row-level security (docs/adr/0004-tenancy-by-row-level-security.md). Each function returns
 * statements to be run one after the other by a migration that `runMigrations` started.
 */

/** The setting that names the tenant of the running transaction: a uuid, or `*` for work across all tenants. */
export const tenantSetting = 'tonegrid.tenant';

/** `tonegrid_tenant()` and `tonegrid_system()`; every service's first migration runs these. */
export function tenancyFunctions(): string[] {
  return [
    // Null when unset, so that a query outside a transaction of ours sees nothing. '' is what SET LOCAL leaves behind.
    `create or replace function tonegrid_tenant() returns uuid language sql stable parallel safe as
      $$ select nullif(nullif(current_setting('${tenantSetting}', true), ''), '*')::uuid $$`,
    `create or replace function tonegrid_system() returns boolean language sql stable parallel safe as
      $$ select coalesce(current_setting('${tenantSetting}', true) = '*', false) $$`,
  ];
}

/**
 * Row-level security, forced also upon the owner, on a table with a `tenant_uuid` column.
 * The calls stand in sub-selects: so they run once a query instead of once a row.
 */
export function tenantPolicy(table: string): string[] {
  const allowed = 'tenant_uuid = (select tonegrid_tenant()) or (select tonegrid_system())';
  return [
    `alter table ${quoted(table)} enable row level security`,
    `alter table ${quoted(table)} force row level security`,
    `create policy tenant on ${quoted(table)} using (${allowed}) with check (${allowed})`,
  ];
}

export type Privilege = 'select' | 'insert' | 'update' | 'delete';

/**
 * Lets the service's runtime role use a table (or a sequence: privilege `usage`). The role's name is not known to a migration:
 * `runMigrations` puts it into the setting `tonegrid.app_role` of its session.
 */
export function grantApp(table: string, privileges: Privilege[] | 'usage' = ['select', 'insert', 'update', 'delete']): string[] {
  const what = privileges === 'usage' ? `usage on sequence ${quoted(table)}` : `${privileges.join(', ')} on table ${quoted(table)}`;
  return [`do $$ begin execute format('grant ${what} to %I', current_setting('tonegrid.app_role')); end $$`];
}

/** What a table with `tenant_uuid` needs after CREATE TABLE: the policy and the grants. */
export function tenantTable(table: string, privileges?: Privilege[]): string[] {
  return [...tenantPolicy(table), ...grantApp(table, privileges)];
}

function quoted(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`not a plain table name: ${name}`);
  return `"${name}"`;
}
