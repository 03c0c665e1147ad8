import { grantApp, tenantTable } from '@tonegrid/data';

/**
 * The tables of outbox and inbox, for a migration of the service (after `tenancyFunctions()`); statements to be run one after
 * the other.
 *
 * `outbox` has no index on `id` but the partial one of the unpublished rows: a plain one would tempt the planner, when its
 * statistics are from a moment with a backlog, to walk through all published rows in search of the unpublished.
 * `inbox` and `inbox_positions` hold no tenant's data, only which events a consumer has handled.
 */
export function eventTables(): string[] {
  return [
    `create table outbox (
      event_id uuid primary key,
      id bigint not null generated always as identity,
      tenant_uuid uuid not null,
      type text not null,
      ordering_key text not null,
      traceparent text,
      payload text not null,
      created_at timestamptz not null default clock_timestamp(),
      published_at timestamptz,
      stream_seq bigint
    ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)`,
    'create index outbox_unpublished on outbox (id) where published_at is null',
    'create index outbox_published on outbox (published_at, stream_seq) where published_at is not null',
    ...tenantTable('outbox'),
    `create table inbox (
      consumer text not null,
      event_id uuid not null,
      stream_seq bigint not null,
      stream_time bigint not null,
      handled_at timestamptz not null default now(),
      primary key (consumer, event_id)
    )`,
    'create index inbox_position on inbox (consumer, stream_seq)',
    'create index inbox_handled on inbox using brin (handled_at)',
    ...grantApp('inbox'),
    `create table inbox_positions (
      consumer text primary key,
      epoch bigint not null,
      stream_created text,
      stream_seq bigint,
      stream_time bigint,
      event_id text,
      updated_at timestamptz not null default now()
    )`,
    ...grantApp('inbox_positions'),
    `create table dead_letters (
      consumer text not null,
      event_id uuid not null,
      tenant_uuid uuid not null,
      type text not null,
      ordering_key text not null,
      payload text not null,
      stream_seq bigint not null,
      attempts integer not null,
      error text not null,
      failed_at timestamptz not null default now(),
      replay_at timestamptz,
      primary key (consumer, event_id)
    )`,
    'create index dead_letters_replay on dead_letters (consumer, stream_seq) where replay_at is not null',
    ...tenantTable('dead_letters'),
  ];
}
