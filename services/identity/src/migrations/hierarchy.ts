import { grantApp, tenantTable } from '@tonegrid/data';

/** SQL condition: the column names the running tenant, or one below it. The only widening of tenancy; docs/adr/0006 says for which tables. */
const ownOrBelow = (column: string): string =>
  `${column} = (select tonegrid_tenant()) or (select tonegrid_system()) or exists (
     select from tenant_descendants d where d.tenant_uuid = (select tonegrid_tenant()) and d.descendant_uuid = ${column})`;

/** A table whose rows a tenant's ancestors may see and change, but not move to a tenant that they do not see. */
export const visibleToAncestors = (table: string): string[] => [
  `alter table ${table} enable row level security`,
  `alter table ${table} force row level security`,
  `create policy read on ${table} for select using (${ownOrBelow(`${table}.tenant_uuid`)})`,
  `create policy change on ${table} for update using (${ownOrBelow(`${table}.tenant_uuid`)}) with check (${ownOrBelow(`${table}.tenant_uuid`)})`,
];

/**
 * Who stands above whom: a row for each pair, of the upper tenant. Written by a trigger alone, so that it cannot disagree with
 * `parent_uuid`, which never changes. A tenant is inserted by the one that stands directly above it.
 */
export function hierarchy(): string[] {
  return [
    `create table tenant_descendants (
      tenant_uuid uuid not null references tenants,
      descendant_uuid uuid not null references tenants,
      depth integer not null,
      created_at timestamptz not null,
      primary key (tenant_uuid, descendant_uuid)
    )`,
    'create index tenant_descendants_newest on tenant_descendants (tenant_uuid, created_at, descendant_uuid)',
    'create index tenant_descendants_above on tenant_descendants (descendant_uuid)',
    'create index tenants_parent on tenants (parent_uuid)',
    ...tenantTable('tenant_descendants', ['select', 'insert']),
    ...visibleToAncestors('tenants'),
    `create policy make on tenants for insert with check (parent_uuid = (select tonegrid_tenant()) or (select tonegrid_system()))`,
    ...grantApp('tenants', ['select', 'insert', 'update']),
    // Its rows belong to every tenant above, most of which the inserting one does not see: the tenant setting is lifted for them.
    `create function tenant_placed() returns trigger language plpgsql as $$
      declare mine text := current_setting('tonegrid.tenant', true);
      begin
        perform set_config('tonegrid.tenant', '*', true);
        insert into tenant_descendants (tenant_uuid, descendant_uuid, depth, created_at)
          select above.tenant_uuid, new.tenant_uuid, above.depth, new.created_at from (
            select new.parent_uuid as tenant_uuid, 1 as depth
            union all select tenant_uuid, depth + 1 from tenant_descendants where descendant_uuid = new.parent_uuid
          ) above where above.tenant_uuid is not null;
        perform set_config('tonegrid.tenant', coalesce(mine, ''), true);
        return null;
      end $$`,
    'create trigger tenant_placed after insert on tenants for each row execute function tenant_placed()',
    `create function tenant_stays() returns trigger language plpgsql as $$
      begin
        if (new.tenant_uuid, new.parent_uuid, new.tenant_role, new.created_at) is distinct from (old.tenant_uuid, old.parent_uuid, old.tenant_role, old.created_at) then
          raise exception 'a tenant keeps its place in the hierarchy';
        end if;
        return new;
      end $$`,
    'create trigger tenant_stays before update on tenants for each row execute function tenant_stays()',
    // Itself or any above it.
    `create function tenant_is_suspended(asked uuid) returns boolean language sql stable as $$
      select exists (select from tenants t where t.tenant_uuid = asked and t.suspended_at is not null)
        or exists (select from tenant_descendants d join tenants t on t.tenant_uuid = d.tenant_uuid
          where d.descendant_uuid = asked and t.suspended_at is not null) $$`,
  ];
}
