import { grantApp, tenantTable } from '@tonegrid/data';
import { visibleToAncestors } from './hierarchy';

/** Counts of what a tenant holds, kept by events; and of each release's tracks, so that a change of them can be told. */
export function usage(): string[] {
  return [
    `create table tenant_usage (
      tenant_uuid uuid primary key references tenants,
      releases bigint not null default 0,
      tracks bigint not null default 0,
      artists bigint not null default 0,
      streams bigint not null default 0,
      revenue_minor bigint not null default 0
    )`,
    ...visibleToAncestors('tenant_usage'),
    `create policy make on tenant_usage for insert with check (tenant_uuid = (select tonegrid_tenant()) or (select tonegrid_system()))`,
    ...grantApp('tenant_usage', ['select', 'insert', 'update']),
    `create table release_tracks (
      tenant_uuid uuid not null references tenants,
      release_uuid uuid not null,
      tracks integer not null,
      primary key (tenant_uuid, release_uuid)
    )`,
    ...tenantTable('release_tracks'),
  ];
}
