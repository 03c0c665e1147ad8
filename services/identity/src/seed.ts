import { openData, type Data, type Tx } from '@tonegrid/data';
import { hashSecret, mintToken } from '@tonegrid/secrets';
import { v7 as uuidv7 } from 'uuid';
import { insertApiKey } from './api-keys/api-key.store';
import { clientIdLength, clientIdPrefix, clientSecretPrefix } from './oauth-clients/oauth-client';
import { hashPassword, isRight } from './passwords/hashing';
import { makePassword } from './passwords/make-password';
import { allScopes } from './scopes';
import { insertTenant, lockFirstTenants } from './tenants/insert-tenant';

/**
 * `node dist/src/seed.js`: makes the sandbox tenant with a user, an API key and an OAuth client that have every scope, below an enterprise
 * below a platform with a key each, and prints them as one line of JSON. Credentials given in TONEGRID_KEY, TONEGRID_CLIENT_ID with
 * TONEGRID_CLIENT_SECRET, TONEGRID_PASSWORD, TONEGRID_ENTERPRISE_KEY and TONEGRID_PLATFORM_KEY that still work are kept; others are made
 * anew, because what is stored cannot be shown again.
 */
async function seed(data: Data, env: NodeJS.ProcessEnv) {
  const slug = env['TONEGRID_TENANT'] || 'sandbox-records';
  const email = env['TONEGRID_EMAIL'] || 'owner@sandbox-records.example';
  return data.system(async (tx) => {
    // One seeding at a time: two would make the same tenants.
    await lockFirstTenants(tx);
    const platform = await tenant(tx, 'sandbox-platform', 'Sandbox Platform', 'platform', null);
    const enterprise = await tenant(tx, 'sandbox-enterprise', 'Sandbox Enterprise', 'enterprise', platform);
    const own = await tenant(tx, slug, 'Sandbox Records', 'client', enterprise);
    return {
      tenant: slug,
      tenant_uuid: own,
      key: await apiKey(tx, own, env['TONEGRID_KEY']),
      ...(await oauthClient(tx, own, env['TONEGRID_CLIENT_ID'], env['TONEGRID_CLIENT_SECRET'])),
      email,
      password: await user(tx, own, email, env['TONEGRID_PASSWORD']),
      enterprise_key: await apiKey(tx, enterprise, env['TONEGRID_ENTERPRISE_KEY']),
      platform_key: await apiKey(tx, platform, env['TONEGRID_PLATFORM_KEY']),
    };
  });
}

/** Releases of sandbox tenants are approved when they are submitted (REST surface, section 2). */
async function tenant(tx: Tx, slug: string, name: string, role: string, parentUuid: string | null): Promise<string> {
  const [known] = await tx.query<{ tenant_uuid: string }>('select tenant_uuid from tenants where slug = $1', [slug]);
  return known?.tenant_uuid ?? insertTenant(tx, { parentUuid, name, slug, role, reviewPolicy: 'auto' });
}

async function user(tx: Tx, tenantUuid: string, email: string, kept = ''): Promise<string> {
  const [known] = await tx.query<{ password_hash: string }>(
    'select password_hash from users where tenant_uuid = $1 and lower(email) = lower($2)',
    [tenantUuid, email],
  );
  if (known && kept !== '' && (await isRight(known.password_hash, kept))) return kept;
  const password = makePassword();
  await tx.query(
    `insert into users (uuid, tenant_uuid, email, password_hash, role) values ($1, $2, $3, $4, 'owner')
     on conflict (tenant_uuid, lower(email)) do update set password_hash = excluded.password_hash`,
    [uuidv7(), tenantUuid, email, await hashPassword(password)],
  );
  return password;
}

async function apiKey(tx: Tx, tenantUuid: string, kept = ''): Promise<string> {
  const known = await tx.query('select 1 from api_keys where key_hash = $1 and tenant_uuid = $2 and revoked_at is null', [
    hashSecret(kept),
    tenantUuid,
  ]);
  if (known.length > 0) return kept;
  return (await insertApiKey(tx, { tenantUuid, name: 'sandbox', scopes: allScopes })).key;
}

async function oauthClient(tx: Tx, tenantUuid: string, keptId = '', keptSecret = '') {
  const [known] = await tx.query<{ secret_hash: string }>(
    'select secret_hash from oauth_clients where client_id = $1 and tenant_uuid = $2',
    [keptId, tenantUuid],
  );
  if (known && (await isRight(known.secret_hash, keptSecret))) return { client_id: keptId, client_secret: keptSecret };
  const clientId = mintToken(clientIdPrefix, clientIdLength);
  const clientSecret = mintToken(clientSecretPrefix);
  await tx.query(
    `insert into oauth_clients (uuid, tenant_uuid, client_id, secret_hash, name, scopes) values ($1, $2, $3, $4, 'sandbox', $5)`,
    [uuidv7(), tenantUuid, clientId, await hashPassword(clientSecret), [...allScopes]],
  );
  return { client_id: clientId, client_secret: clientSecret };
}

async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (process.env['TONEGRID_ENV'] !== 'sandbox') throw new Error('only a sandbox is seeded: TONEGRID_ENV must be sandbox');
  if (!url) throw new Error('DATABASE_URL is required');
  const data = await openData({ url, poolSize: 2 });
  try {
    process.stdout.write(`${JSON.stringify(await seed(data, process.env))}\n`);
  } finally {
    await data.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`seed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
