import { tenantTable } from '@tonegrid/data';

/** The audit log: rows are added and never changed, by nobody; each row's seal covers the one before (docs/adr/0007). */
export function auditLog(): string[] {
  return [
    `create table audit_log (
      tenant_uuid uuid not null,
      seq bigint not null,
      uuid uuid not null,
      actor text not null,
      on_behalf_of uuid,
      action_type text not null,
      target text not null,
      client_address text not null,
      request_id text not null,
      before text not null,
      after text not null,
      created_at timestamptz not null,
      seal bytea not null,
      primary key (tenant_uuid, seq)
    )`,
    'create index audit_log_actor on audit_log (tenant_uuid, actor, seq)',
    'create index audit_log_action on audit_log (tenant_uuid, action_type, seq)',
    'create index audit_log_time on audit_log (tenant_uuid, created_at)',
    ...tenantTable('audit_log', ['select', 'insert']),
    // Where each chain ends, sealed too, so that rows cut off its end show.
    `create table audit_heads (
      tenant_uuid uuid primary key,
      seq bigint not null,
      row_seal bytea not null,
      seal bytea not null
    )`,
    ...tenantTable('audit_heads', ['select', 'insert', 'update']),
    `create function audit_is_final() returns trigger language plpgsql as $$
      begin raise exception 'the audit log is append-only'; end $$`,
    'create trigger audit_log_is_final before update or delete on audit_log for each row execute function audit_is_final()',
    'create trigger audit_log_stays before truncate on audit_log for each statement execute function audit_is_final()',
    'create trigger audit_heads_stay before delete on audit_heads for each row execute function audit_is_final()',
    `create function audit_head_advances() returns trigger language plpgsql as $$
      begin
        if new.tenant_uuid <> old.tenant_uuid or new.seq < old.seq then raise exception 'the audit log is append-only'; end if;
        return new;
      end $$`,
    'create trigger audit_head_advances before update on audit_heads for each row execute function audit_head_advances()',
  ];
}
