import type { ClientBase } from 'pg';

interface Table {
  name: string;
  kind: 'table' | 'materialized view' | 'foreign table' | 'view';
  tenant_columns: string[];
  forced: boolean;
  invoker: boolean;
  owned: boolean;
  policies: { name: string; permissive: boolean; applies: boolean; asks: boolean }[];
}

const tablesSql = `
  select c.relname as name,
    case c.relkind when 'm' then 'materialized view' when 'f' then 'foreign table' when 'v' then 'view' else 'table' end as kind,
    array(select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname ~ 'tenant' and a.atttypid in ('uuid'::regtype, 'text'::regtype)
      order by 1) as tenant_columns,
    c.relrowsecurity and c.relforcerowsecurity as forced,
    coalesce(c.reloptions::text ~ 'security_invoker=(true|on|1)', false) as invoker,
    pg_has_role($1, c.relowner, 'member') as owned,
    coalesce((select json_agg(json_build_object(
        'name', p.polname, 'permissive', p.polpermissive,
        'applies', 0 = any(p.polroles) or exists (select from unnest(p.polroles) r where r <> 0 and pg_has_role($1, r, 'member')),
        'asks', coalesce(pg_get_expr(p.polqual, c.oid), 'tonegrid_tenant()') ~ 'tonegrid_tenant\\(\\)'
          and coalesce(pg_get_expr(p.polwithcheck, c.oid), 'tonegrid_tenant()') ~ 'tonegrid_tenant\\(\\)'))
      from pg_policy p where p.polrelid = c.oid), '[]') as policies
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'm', 'f', 'v') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`;

const roleSql = `
  select r.rolname as name, r.rolsuper as superuser, r.rolbypassrls as bypass from pg_roles r where pg_has_role($1, r.oid, 'member')`;

const definersSql = `
  select p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`;

/**
 * What is wrong with how a service's database keeps tenants apart; empty when nothing is. Every table, view and foreign table is gone
 * through: one that is not named as the platform's own must have forced row-level security, with policies that all ask for the tenant, under
 * a role that can get around neither.
 * @param client a superuser's, or the owner's, connection
 * @param role under which the service runs
 * @param platform tables that hold no tenant's data, with the reason
 */
export async function tenancyFaults(client: ClientBase, role: string, platform: Readonly<Record<string, string>>): Promise<string[]> {
  const roles = (await client.query<{ name: string; superuser: boolean; bypass: boolean }>(roleSql, [role])).rows;
  const tables = (await client.query<Table>(tablesSql, [role])).rows;
  const definers = (await client.query<{ name: string }>(definersSql)).rows;
  const there = new Set(tables.map(({ name }) => name));
  return [
    ...(roles.length === 0 ? [`there is no role ${role}`] : []),
    ...roles.flatMap(({ name, superuser, bypass }) => [
      ...(superuser ? [`${role} acts as ${name}, a superuser`] : []),
      ...(bypass ? [`${role} acts as ${name}, which has BYPASSRLS`] : []),
    ]),
    ...tables.flatMap((table) => faultsOf(table, role, table.name in platform)),
    ...definers.map(({ name }) => `function ${name} runs with the rights of its owner`),
    ...Object.keys(platform).flatMap((name) => (there.has(name) ? [] : [`${name} is named as the platform's own and does not exist`])),
  ];
}

function faultsOf({ name, kind, tenant_columns, forced, invoker, owned, policies }: Table, role: string, platform: boolean): string[] {
  const faults = owned ? [`${kind} ${name} belongs to ${role}`] : [];
  if (kind === 'view') return invoker ? faults : [...faults, `view ${name} reads with the rights of its owner`];
  if (platform)
    return tenant_columns.length > 0
      ? [...faults, `${kind} ${name} is named as the platform's own and has ${tenant_columns.join(', ')}`]
      : faults;
  if (kind !== 'table') return [...faults, `${kind} ${name} can have no row-level security`];
  if (!forced) faults.push(`table ${name} has no forced row-level security`);
  const applying = policies.filter(({ applies, permissive }) => applies && permissive);
  if (applying.length === 0) faults.push(`table ${name} has no policy for ${role}`);
  for (const policy of applying) if (!policy.asks) faults.push(`policy ${policy.name} of table ${name} does not ask for the tenant`);
  return faults;
}
