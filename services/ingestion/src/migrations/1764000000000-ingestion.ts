import { tenancyFunctions, tenantTable } from '@tonegrid/data';
import { eventTables } from '@tonegrid/events';
import { idempotencyTable } from '@tonegrid/idempotency';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The job log of every inbound channel. */
export class Ingestion1764000000000 implements MigrationInterface {
  name = 'Ingestion1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...tenancyFunctions(),
      `create table jobs (
        uuid uuid primary key,
        tenant_uuid uuid not null,
        source text not null check (source in ('rest_json', 'bulk', 'ddex', 'csv', 'sftp')),
        state text not null check (state in ('received', 'queued', 'parsing', 'validating', 'staged', 'accepted', 'rejected', 'failed')),
        release_uuid uuid,
        title text,
        ddex_message_id text,
        ddex_ern_version text,
        error_code text,
        validation_errors jsonb not null default '{}',
        track_count integer not null default 0,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`,
      'create index jobs_newest on jobs (tenant_uuid, created_at, uuid)',
      'create index jobs_newest_by_state on jobs (tenant_uuid, state, created_at, uuid)',
      'create index jobs_newest_by_source on jobs (tenant_uuid, source, created_at, uuid)',
      ...tenantTable('jobs', ['select', 'insert', 'update']),
      ...idempotencyTable(),
      ...eventTables(),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('the first migration is not undone: drop the database instead');
  }
}
