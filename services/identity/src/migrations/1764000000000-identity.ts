import { grantApp, tenancyFunctions, tenantTable } from '@tonegrid/data';
import { eventTables } from '@tonegrid/events';
import { idempotencyTable } from '@tonegrid/idempotency';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { auditLog } from './audit-log';
import { hierarchy } from './hierarchy';
import { usage } from './usage';

/** Tenants and their hierarchy, the credentials of their people and systems, tokens and the keys that sign them, usage, audit log. */
export class Identity1764000000000 implements MigrationInterface {
  name = 'Identity1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...tenancyFunctions(),
      // A tenant's own row has its id in tenant_uuid like every other row.
      `create table tenants (
        tenant_uuid uuid primary key,
        parent_uuid uuid references tenants,
        name text not null,
        slug text not null unique,
        tenant_role text not null check (tenant_role in ('platform', 'enterprise', 'client', 'artist')),
        custom_domain text unique check (custom_domain = lower(custom_domain)),
        review_policy text not null default 'manual' check (review_policy in ('auto', 'manual')),
        rate_plan text not null default '',
        locale text not null default 'en',
        default_dsps text[] not null default '{}',
        sobo_party_dpid text,
        sobo_party_name text,
        isrc_prefix text,
        upc_range_start text,
        upc_range_end text,
        suspended_at timestamptz,
        created_at timestamptz not null default now(),
        constraint upc_range check ((upc_range_start is null) = (upc_range_end is null) and upc_range_start <= upc_range_end)
      )`,
      ...hierarchy(),
      `create table users (
        uuid uuid primary key,
        tenant_uuid uuid not null references tenants,
        email text not null,
        name text,
        password_hash text not null,
        role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
        last_login_at timestamptz,
        created_at timestamptz not null default now()
      )`,
      'create unique index users_email on users (tenant_uuid, lower(email))',
      'create index users_newest on users (tenant_uuid, created_at, uuid)',
      ...tenantTable('users'),
      `create table api_keys (
        uuid uuid primary key,
        tenant_uuid uuid not null references tenants,
        name text not null,
        prefix text not null,
        key_hash text not null unique,
        previous_key_hash text unique,
        previous_until timestamptz,
        scopes text[] not null,
        ip_allowlist text[] not null default '{}',
        expires_at timestamptz,
        last_used_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz not null default now()
      )`,
      'create index api_keys_newest on api_keys (tenant_uuid, created_at, uuid)',
      ...tenantTable('api_keys', ['select', 'insert', 'update']),
      `create table oauth_clients (
        uuid uuid primary key,
        tenant_uuid uuid not null references tenants,
        client_id text not null unique,
        secret_hash text not null,
        name text not null,
        scopes text[] not null,
        last_used_at timestamptz,
        created_at timestamptz not null default now()
      )`,
      'create index oauth_clients_newest on oauth_clients (tenant_uuid, created_at, uuid)',
      ...tenantTable('oauth_clients'),
      // One row per token family: a grant and all that was refreshed from it. Whoever it was granted to takes it along when he goes. Under
      // impersonation the tenant is the one that is acted as, and the holder belongs to on_behalf_of.
      `create table token_families (
        uuid uuid primary key,
        tenant_uuid uuid not null references tenants,
        client_uuid uuid references oauth_clients on delete cascade,
        user_uuid uuid references users on delete cascade,
        api_key_uuid uuid references api_keys on delete cascade,
        on_behalf_of uuid references tenants,
        revoked_at timestamptz,
        created_at timestamptz not null default now(),
        constraint one_holder check (num_nonnulls(client_uuid, user_uuid, api_key_uuid) = 1),
        constraint keys_only_impersonate check (api_key_uuid is null or on_behalf_of is not null)
      )`,
      'create index token_families_client on token_families (client_uuid) where client_uuid is not null',
      'create index token_families_user on token_families (user_uuid) where user_uuid is not null',
      ...tenantTable('token_families'),
      `create table access_tokens (
        jti uuid primary key,
        tenant_uuid uuid not null references tenants,
        family_uuid uuid not null references token_families on delete cascade,
        scopes text[] not null,
        revoked_at timestamptz,
        expires_at timestamptz not null
      )`,
      'create index access_tokens_family on access_tokens (family_uuid)',
      'create index access_tokens_expiry on access_tokens (expires_at)',
      ...tenantTable('access_tokens'),
      `create table refresh_tokens (
        token_hash text primary key,
        tenant_uuid uuid not null references tenants,
        family_uuid uuid not null references token_families on delete cascade,
        scopes text[] not null,
        used_at timestamptz,
        expires_at timestamptz not null
      )`,
      'create index refresh_tokens_family on refresh_tokens (family_uuid)',
      'create index refresh_tokens_expiry on refresh_tokens (expires_at)',
      ...tenantTable('refresh_tokens'),
      // The platform's own, of no tenant. The private part is sealed with ENCRYPTION_KEY. A key is published before it signs, and until
      // the last token that it signed has ended.
      `create table signing_keys (
        kid text primary key,
        public_jwk jsonb not null,
        sealed_private_key bytea not null,
        signs_from timestamptz not null,
        published_until timestamptz,
        created_at timestamptz not null default now()
      )`,
      ...grantApp('signing_keys'),
      // Failed logins of one account (by the hash of its address, so that addresses nobody has here are not kept) from one network.
      `create table login_failures (
        tenant_uuid uuid not null references tenants,
        account_hash bytea not null,
        network text not null,
        failures integer not null,
        blocked_until timestamptz not null,
        last_at timestamptz not null,
        primary key (tenant_uuid, account_hash, network)
      )`,
      'create index login_failures_age on login_failures (last_at)',
      ...tenantTable('login_failures'),
      // Networks from which a person has logged in: guessing from elsewhere does not slow him there.
      `create table known_networks (
        tenant_uuid uuid not null references tenants,
        user_uuid uuid not null references users on delete cascade,
        network text not null,
        last_seen_at timestamptz not null,
        primary key (user_uuid, network)
      )`,
      ...tenantTable('known_networks'),
      ...usage(),
      ...auditLog(),
      ...eventTables(),
      ...idempotencyTable(),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('the first migration is not undone: drop the database instead');
  }
}
