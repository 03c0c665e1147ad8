import { grantApp, tenancyFunctions, tenantTable } from '@tonegrid/data';
import { eventTables } from '@tonegrid/events';
import { idempotencyTable } from '@tonegrid/idempotency';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deliveries, the messages of the conversation with each DSP, and which acknowledgement files have been read. */
export class Delivery1764000000000 implements MigrationInterface {
  name = 'Delivery1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...tenancyFunctions(),
      // The reference's release_dsp_delivery: one row per release and DSP.
      `create table deliveries (
        uuid uuid primary key,
        tenant_uuid uuid not null,
        release_uuid uuid not null,
        dsp text not null,
        status text not null check (status in ('pending', 'queued', 'submitted', 'accepted', 'live', 'rejected', 'failed',
          'update_submitted', 'takedown_submitted', 'taken_down')),
        dsp_release_id text,
        live_url text,
        submitted_at timestamptz,
        live_at timestamptz,
        error_message text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint deliveries_once unique (release_uuid, dsp)
      )`,
      ...tenantTable('deliveries', ['select', 'insert', 'update']),
      // Sent and received. A sent one is queued, then sent or failed; while a worker has it, it holds a lease.
      `create table messages (
        uuid uuid primary key,
        tenant_uuid uuid not null,
        delivery_uuid uuid not null references deliveries (uuid),
        release_uuid uuid not null,
        dsp text not null,
        direction text not null check (direction in ('sent', 'received')),
        message_type text not null check (message_type in ('NewReleaseMessage', 'PurgeReleaseMessage', 'Acknowledgement')),
        message_id text,
        thread_id text,
        ern_version text,
        state text not null check (state in ('queued', 'sent', 'failed', 'accepted', 'rejected', 'live', 'taken_down', 'in_progress')),
        is_update boolean not null default false,
        file_name text,
        content bytea,
        sha256 text,
        resources jsonb,
        release_identifier text,
        revision bigint,
        attempts integer not null default 0,
        error_message text,
        created_at timestamptz not null,
        sent_at timestamptz,
        accepted_at timestamptz,
        next_attempt_at timestamptz,
        lease_owner uuid,
        leased_until timestamptz,
        traceparent text,
        dedupe_key text,
        constraint sent_has_id check (direction = 'received' or message_id is not null)
      )`,
      'create index messages_conversation on messages (delivery_uuid, created_at, uuid)',
      `create unique index messages_sent_once on messages (message_id) where direction = 'sent'`,
      // A delivery is worked on by one message at a time.
      `create unique index messages_one_queued on messages (delivery_uuid) where direction = 'sent' and state = 'queued'`,
      `create index messages_due on messages (next_attempt_at) where direction = 'sent' and state = 'queued'`,
      `create index messages_sent_to on messages (dsp, sent_at) where direction = 'sent' and state = 'sent'`,
      `create unique index messages_received_once on messages (dsp, dedupe_key) where direction = 'received'`,
      ...tenantTable('messages', ['select', 'insert', 'update']),
      // No tenant's data: names of files in the DSPs' acknowledgement folders, and when each folder is looked into next.
      `create table ack_files (
        dsp text not null,
        name text not null,
        state text not null check (state in ('handled', 'unreadable', 'unmatched')),
        size_bytes bigint not null,
        modified_at timestamptz not null,
        looks integer not null default 1,
        problem text,
        seen_at timestamptz not null default now(),
        primary key (dsp, name)
      )`,
      ...grantApp('ack_files'),
      `create table ack_polls (
        dsp text primary key,
        next_poll_at timestamptz not null
      )`,
      ...grantApp('ack_polls'),
      ...idempotencyTable(),
      ...eventTables(),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('the first migration is not undone: drop the database instead');
  }
}
