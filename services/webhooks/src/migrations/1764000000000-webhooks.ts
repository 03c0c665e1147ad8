import { tenancyFunctions, tenantTable } from '@tonegrid/data';
import { eventTables } from '@tonegrid/events';
import { idempotencyTable } from '@tonegrid/idempotency';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Subscriptions, the bodies to be sent (once per event) and the log of attempts (a row each).
 *
 * A deleted webhook stays as a row without secrets until the sweep has removed its log: a single statement over a long log would
 * outlast the request. `deliveries_queued` serves the sender, one webhook at a time; rows leave it when they are taken.
 * `deliveries_open` tells whether an attempt would overtake an earlier event of its subject.
 */
export class Webhooks1764000000000 implements MigrationInterface {
  name = 'Webhooks1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...tenancyFunctions(),
      `create table webhooks (
        uuid uuid primary key,
        tenant_uuid uuid not null,
        name text not null,
        url text not null,
        events text[] not null,
        description text,
        is_active boolean not null,
        secret_prefix text not null,
        secret bytea,
        previous_secret bytea,
        deleted_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint secret_until_deleted check ((secret is null) = (deleted_at is not null)),
        constraint deleted_is_inactive check (deleted_at is null or not is_active)
      )`,
      'create index webhooks_newest on webhooks (tenant_uuid, created_at, uuid) where deleted_at is null',
      'create index webhooks_active on webhooks (tenant_uuid) where is_active',
      'create index webhooks_deleted on webhooks (deleted_at) where deleted_at is not null',
      ...tenantTable('webhooks'),
      `create table messages (
        event_id uuid primary key,
        tenant_uuid uuid not null,
        event text not null,
        body text not null,
        traceparent text,
        wanted_at timestamptz not null default now()
      )`,
      'create index messages_age on messages (wanted_at)',
      ...tenantTable('messages'),
      `create table deliveries (
        uuid uuid primary key,
        tenant_uuid uuid not null,
        webhook_uuid uuid not null,
        event_id uuid not null,
        event text not null,
        subject text not null,
        status text not null default 'queued' check (status in ('queued', 'sending', 'succeeded', 'failed', 'dead')),
        retry_count integer not null default 0,
        interruptions integer not null default 0,
        scheduled_at timestamptz not null default now(),
        attempted_at timestamptz,
        leased_until timestamptz,
        response_code integer,
        response_body text,
        error_message text,
        duration_ms integer,
        created_at timestamptz not null default now(),
        constraint leased_while_sending check ((status = 'sending') = (leased_until is not null))
      ) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`,
      `create index deliveries_queued on deliveries (webhook_uuid, scheduled_at, uuid) where status = 'queued'`,
      `create index deliveries_open on deliveries (webhook_uuid, subject, scheduled_at, uuid) where status in ('queued', 'sending')`,
      `create index deliveries_leased on deliveries (leased_until) where status = 'sending'`,
      'create index deliveries_newest on deliveries (tenant_uuid, webhook_uuid, created_at, uuid)',
      'create index deliveries_newest_by_status on deliveries (tenant_uuid, webhook_uuid, status, created_at, uuid)',
      'create index deliveries_age on deliveries (created_at)',
      ...tenantTable('deliveries'),
      ...idempotencyTable(),
      ...eventTables(),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('the first migration is not undone: drop the database instead');
  }
}
