import { grantApp, tenancyFunctions, tenantTable } from '@tonegrid/data';
import { eventTables } from '@tonegrid/events';
import { idempotencyTable } from '@tonegrid/idempotency';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Releases, tracks, artists, assets, supply-chain intent, identifier ranges. Children that name a row by a uuid which a
 * caller sent point to it together with the tenant, because a foreign key alone looks past row-level security.
 */
export class Catalog1764000000000 implements MigrationInterface {
  name = 'Catalog1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...tenancyFunctions(),
      ...eventTables(),
      ...idempotencyTable(),
      ...assets(),
      ...releases(),
      ...tracks(),
      ...artists(),
      ...supplyChain(),
      ...identifiers(),
      ...tenantSettings(),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}

/**
 * What foreign keys point to. After all other indexes of the table: in a young table PostgreSQL holds all that begin with the tenant for
 * equally good, takes the newest, and looks through with it whatever the tenant has, for each row that is added, until statistics come.
 */
const tenantKey = (table: string) => `alter table ${table} add constraint ${table}_tenant unique (tenant_uuid, uuid)`;

const assets = () => [
  // unused_since: nothing shows this file any more; it stays for deliveries under way, then the sweep removes it.
  `create table assets (
    uuid uuid primary key,
    tenant_uuid uuid not null,
    kind text not null check (kind in ('audio', 'artwork')),
    storage_key text not null unique,
    content_type text not null,
    md5 text not null,
    sha256 text not null,
    size_bytes bigint not null,
    file_name text not null,
    width int,
    height int,
    created_at timestamptz not null default now(),
    unused_since timestamptz
  )`,
  'create index assets_unused on assets (unused_since) where unused_since is not null',
  ...tenantTable('assets'),
  // Written before the bytes are: what a crash left behind in storage is found here, without listing the storage.
  `create table asset_uploads (
    storage_key text primary key,
    tenant_uuid uuid not null,
    started_at timestamptz not null default now()
  )`,
  'create index asset_uploads_age on asset_uploads (started_at)',
  ...tenantTable('asset_uploads'),
];

const releases = () => [
  `create table releases (
    uuid uuid primary key,
    tenant_uuid uuid not null,
    tenant_name text not null,
    title text not null,
    version_title text,
    type text not null check (type in ('single', 'ep', 'album')),
    status text not null default 'draft' check (status in ('draft', 'pending', 'approved', 'rejected', 'live', 'taken_down')),
    review_stage text check (review_stage in ('pending_review', 'qc_inspection')),
    upc text not null,
    grid text not null,
    release_date date,
    original_release_date date,
    genre text,
    subgenre text,
    language text,
    label text,
    copyright_year int,
    copyright_holder text,
    explicit boolean not null default false,
    localized_titles json not null default '{}',
    artwork_uuid uuid references assets (uuid),
    artwork_key text,
    artwork_warnings text[] not null default '{}',
    has_undelivered_changes boolean not null default false,
    rejection_reason text,
    rejection_issues json not null default '[]',
    warnings text[] not null default '{}',
    revision bigint not null default 1,
    source text not null,
    ingestion_job_uuid uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint review_stage_while_pending check ((review_stage is not null) = (status = 'pending'))
  )`,
  // A UPC names one product of one owner. Another tenant may carry the same product (a catalogue that moves between
  // distributors does, for a while), so this holds within a tenant only; row-level security would hide the other one anyway.
  'create unique index releases_upc on releases (tenant_uuid, upc)',
  'create unique index releases_ingestion_job on releases (tenant_uuid, ingestion_job_uuid) where ingestion_job_uuid is not null',
  'create index releases_newest on releases (tenant_uuid, created_at, uuid)',
  'create index releases_status on releases (tenant_uuid, status, created_at, uuid)',
  'create index releases_type on releases (tenant_uuid, type, created_at, uuid)',
  'create index releases_artwork on releases (artwork_uuid) where artwork_uuid is not null',
  tenantKey('releases'),
  ...tenantTable('releases'),
  `create table release_dsps (
    release_uuid uuid not null,
    dsp text not null,
    tenant_uuid uuid not null,
    status text not null default 'pending',
    delivered_revision bigint,
    heard_at timestamptz,
    attached_at timestamptz not null default clock_timestamp(),
    primary key (release_uuid, dsp),
    foreign key (tenant_uuid, release_uuid) references releases (tenant_uuid, uuid) on delete cascade
  )`,
  ...tenantTable('release_dsps'),
];

const tracks = () => [
  `create table tracks (
    uuid uuid primary key,
    tenant_uuid uuid not null,
    release_uuid uuid not null,
    title text not null,
    version_title text,
    position int not null,
    isrc text not null,
    duration_ms bigint,
    explicit boolean not null default false,
    language text,
    localized_titles json not null default '{}',
    audio_status text not null default 'pending' check (audio_status in ('pending', 'processing', 'processed', 'failed')),
    audio_error text,
    audio_uuid uuid references assets (uuid),
    audio_format text,
    audio_bit_depth int,
    audio_sample_rate int,
    audio_channels int,
    expected_audio_md5 text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint tracks_position unique (release_uuid, position),
    foreign key (tenant_uuid, release_uuid) references releases (tenant_uuid, uuid) on delete cascade
  )`,
  // Which ISRCs of its own prefix a tenant has used by itself.
  'create index tracks_isrc on tracks (tenant_uuid, isrc)',
  'create index tracks_audio on tracks (audio_uuid) where audio_uuid is not null',
  ...tenantTable('tracks'),
  `create table contributors (
    track_uuid uuid not null references tracks (uuid) on delete cascade,
    position int not null,
    tenant_uuid uuid not null,
    name text not null,
    role text not null,
    primary key (track_uuid, position)
  )`,
  ...tenantTable('contributors'),
  // One row per upload until its audio is checked. A worker takes the job until `due_at`; if it dies, another takes it then.
  `create table audio_jobs (
    uuid uuid primary key,
    tenant_uuid uuid not null,
    track_uuid uuid not null references tracks (uuid) on delete cascade,
    asset_uuid uuid not null references assets (uuid),
    attempts int not null default 0,
    due_at timestamptz not null default now(),
    created_at timestamptz not null default now()
  )`,
  'create index audio_jobs_due on audio_jobs (due_at)',
  'create index audio_jobs_track on audio_jobs (track_uuid)',
  'create index audio_jobs_asset on audio_jobs (asset_uuid)',
  ...tenantTable('audio_jobs'),
];

const artists = () => [
  // sort_name: the name without accents and case, compared byte by byte, so that the order does not hang on the database's
  // locale. name_key: the name in one spelling of Unicode and without case, which credits by name are matched with.
  `create table artists (
    uuid uuid primary key,
    tenant_uuid uuid not null,
    name text not null,
    sort_name text collate "C" not null,
    name_key text collate "C" not null,
    biography text,
    country text,
    apple_artist_id text,
    spotify_artist_id text,
    isni text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  'create index artists_sorted on artists (tenant_uuid, sort_name, uuid)',
  'create index artists_key on artists (tenant_uuid, name_key)',
  tenantKey('artists'),
  ...tenantTable('artists'),
  ...credits(
    'release_artists',
    'release_uuid',
    'foreign key (tenant_uuid, release_uuid) references releases (tenant_uuid, uuid) on delete cascade',
  ),
  ...credits('track_artists', 'track_uuid', 'foreign key (track_uuid) references tracks (uuid) on delete cascade'),
];

const credits = (table: string, owner: string, reference: string) => [
  `create table ${table} (
    ${owner} uuid not null,
    position int not null,
    tenant_uuid uuid not null,
    artist_uuid uuid not null,
    role text not null check (role in ('main', 'featured', 'remixer')),
    primary key (${owner}, position),
    ${reference},
    constraint ${table}_artist foreign key (tenant_uuid, artist_uuid) references artists (tenant_uuid, uuid)
  )`,
  `create index ${table}_of on ${table} (tenant_uuid, artist_uuid)`,
  ...tenantTable(table),
];

const deals = `
    monetization_policy_codes text[],
    pricing_tier_code text,
    pricing_custom_track_minor bigint,
    pricing_custom_album_minor bigint,
    pricing_currency text,
    territory_mode text check (territory_mode in ('worldwide', 'include', 'exclude')),
    territory_codes text[]`;

const supplyChain = () => [
  // Null: not set, the default holds (or, in an override, what the release says).
  `create table supply_chain_configs (
    release_uuid uuid primary key,
    tenant_uuid uuid not null,${deals},
    is_test_delivery boolean,
    sobo_party_dpid text,
    sobo_party_name text,
    updated_at timestamptz not null default now(),
    foreign key (tenant_uuid, release_uuid) references releases (tenant_uuid, uuid) on delete cascade
  )`,
  ...tenantTable('supply_chain_configs'),
  `create table dsp_overrides (
    release_uuid uuid not null,
    dsp text not null,
    tenant_uuid uuid not null,${deals},
    rights_override json,
    is_blocked boolean,
    release_date_override date,
    updated_at timestamptz not null default now(),
    primary key (release_uuid, dsp),
    foreign key (release_uuid, dsp) references release_dsps (release_uuid, dsp) on delete cascade
  )`,
  ...tenantTable('dsp_overrides'),
];

const identifiers = () => [
  // How far each series (UPCs of a prefix or a range, ISRCs of a prefix and year, GRids) has been given out to tenants, in blocks.
  `create table identifier_series (
    key text primary key,
    next bigint not null
  )`,
  ...grantApp('identifier_series', ['select', 'insert', 'update']),
  // A number is in one range at most, whoever's: two tenants may have set the same prefix, or one that lies within the operator's.
  `create table identifier_ranges (
    tenant_uuid uuid not null,
    kind text not null,
    first bigint not null,
    last bigint not null,
    next bigint not null,
    primary key (tenant_uuid, kind, first),
    check (next between first and last + 1),
    constraint identifier_ranges_upc exclude using gist (int8range(first, last, '[]') with &&) where (kind = 'upc'),
    constraint identifier_ranges_isrc exclude using gist (int8range(first, last, '[]') with &&) where (kind = 'isrc')
  )`,
  ...tenantTable('identifier_ranges', ['select', 'insert', 'update']),
];

const tenantSettings = () => [
  // As identity told of them last; a tenant that has set nothing has no row.
  `create table tenant_settings (
    tenant_uuid uuid primary key,
    default_dsps text[] not null,
    sobo_party_dpid text,
    sobo_party_name text,
    isrc_prefix text,
    upc_range_start text,
    upc_range_end text,
    updated_at timestamptz not null default now()
  )`,
  ...tenantTable('tenant_settings', ['select', 'insert', 'update']),
];
