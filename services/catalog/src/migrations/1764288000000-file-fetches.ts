import { tenantTable } from '@tonegrid/data';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files that are to be fetched from where their owner has them. */
export class FileFetches1764288000000 implements MigrationInterface {
  name = 'FileFetches1764288000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of fileFetches()) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}

// One row per file until it is stored or given up. A worker takes it until `due_at`; if it dies, another takes it then. The URL is sealed:
// a presigned one is a credential.
const fileFetches = () => [
  `create table file_fetches (
    uuid uuid primary key,
    tenant_uuid uuid not null,
    release_uuid uuid not null,
    track_uuid uuid references tracks (uuid) on delete cascade,
    kind text not null check (kind in ('audio', 'artwork')),
    url bytea not null,
    attempts int not null default 0,
    failures int not null default 0,
    due_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    check ((kind = 'audio') = (track_uuid is not null)),
    foreign key (tenant_uuid, release_uuid) references releases (tenant_uuid, uuid) on delete cascade
  )`,
  'create index file_fetches_due on file_fetches (due_at)',
  'create unique index file_fetches_audio on file_fetches (track_uuid) where track_uuid is not null',
  // Serves the foreign key of the release as well.
  'create unique index file_fetches_release on file_fetches (release_uuid, track_uuid) nulls not distinct',
  ...tenantTable('file_fetches'),
];
