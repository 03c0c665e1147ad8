import { grantApp, tenancyFunctions, tenantTable } from '@tonegrid/data';
import { idempotencyTable } from '@tonegrid/idempotency';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tenants, the credentials of their people and systems, tokens, and the keys that sign them. */
export class Identity1764000000000 implements MigrationInterface {
  name = 'Identity1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...tenancyFunctions(),
      // A tenant's own row has its id in tenant_uuid like every other row, so that one policy serves all tables.
      `create table tenants (
        tenant_uuid uuid primary key,
        parent_uuid uuid references tenants,
        name text not null,
        slug text not null unique,
        tenant_role text not null check (tenant_role in ('platform', 'enterprise', 'client', 'artist')),
        review_policy text not null default 'manual' check (review_policy in ('auto', 'manual')),
        locale text not null default 'en',
        suspended_at timestamptz,
        created_at timestamptz not null default now()
      )`,
      ...tenantTable('tenants', ['select', 'insert', 'update']),
      `create table users (
        uuid uuid primary key,
        tenant_uuid uuid not null references tenants,
        email text not null,
        password_hash text not null,
        role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
        created_at timestamptz not null default now()
      )`,
      'create unique index users_email on users (tenant_uuid, lower(email))',
      ...tenantTable('users'),
      `create table api_keys (
        uuid uuid primary key,
        tenant_uuid uuid not null references tenants,
        name text not null,
        prefix text not null,
        key_hash text not null unique,
        scopes text[] not null,
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
        created_at timestamptz not null default now()
      )`,
      'create index oauth_clients_newest on oauth_clients (tenant_uuid, created_at, uuid)',
      ...tenantTable('oauth_clients'),
      // One row per token family: a login and all that was refreshed from it.
      `create table token_families (
        uuid uuid primary key,
        tenant_uuid uuid not null references tenants,
        client_uuid uuid not null references oauth_clients on delete cascade,
        revoked_at timestamptz,
        created_at timestamptz not null default now()
      )`,
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
      // The platform's own, of no tenant. The private part is sealed with ENCRYPTION_KEY.
      `create table signing_keys (
        kid text primary key,
        public_jwk jsonb not null,
        sealed_private_key bytea not null,
        created_at timestamptz not null default now(),
        retired_at timestamptz
      )`,
      ...grantApp('signing_keys', ['select', 'insert', 'update']),
      ...idempotencyTable(),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('the first migration is not undone: drop the database instead');
  }
}
