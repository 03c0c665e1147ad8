import type { Data } from './data';

/**
 * Refuses to start a service whose database would not hold the tenants apart: throws one Error that names every finding.
 * The runtime role must not be superuser, bypass row-level security, or own (or be a member of the owner of) any table; and
 * each table with a `tenant_uuid` must have forced row-level security whose policies ask for the tenant.
 */
export async function assertTenancy(data: Data): Promise<void> {
  const findings = await data.system(async (tx) => {
    const [role] = await tx.query<{ name: string; superuser: boolean; bypass: boolean }>(
      'select rolname as name, rolsuper as superuser, rolbypassrls as bypass from pg_roles where rolname = current_user',
    );
    const tables = await tx.query<{ name: string; kind: string; owned: boolean; tenant: boolean; forced: boolean; open: string | null }>(`
      select c.relname as name, c.relkind as kind, pg_has_role(current_user, c.relowner, 'member') as owned,
        exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_uuid' and not a.attisdropped) as tenant,
        c.relrowsecurity and c.relforcerowsecurity as forced,
        (select min(p.polname) from pg_policy p where p.polrelid = c.oid and p.polpermissive
           and (coalesce(pg_get_expr(p.polqual, c.oid), 'tonegrid_tenant') !~ 'tonegrid_tenant'
             or coalesce(pg_get_expr(p.polwithcheck, c.oid), 'tonegrid_tenant') !~ 'tonegrid_tenant')) as open
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`);
    return [
      ...(role?.superuser ? [`role ${role.name} is superuser`] : []),
      ...(role?.bypass ? [`role ${role.name} has BYPASSRLS`] : []),
      ...(role?.superuser ? [] : tables.filter(({ owned }) => owned).map(({ name }) => `role ${role?.name} owns table ${name}`)),
      ...tables
        .filter(({ tenant, forced, kind }) => tenant && (!forced || kind === 'm' || kind === 'f'))
        .map(({ name }) => `table ${name} has no forced row-level security`),
      ...tables
        .filter(({ tenant, open }) => tenant && open !== null)
        .map(({ name, open }) => `policy ${open} of table ${name} does not ask for the tenant`),
    ];
  });
  if (findings.length > 0) throw new Error(`the database does not keep tenants apart: ${findings.join('; ')}`);
}
