import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { openData, type Data } from '@tonegrid/data';
import { hashSecret, mintToken } from '@tonegrid/secrets';
import { v7 as uuidv7 } from 'uuid';
import { apiKeyPrefix, shownCharacters } from './api-keys/api-key';
import { allScopes } from './scopes';

/**
 * `node dist/src/seed.js`: makes the sandbox tenant with a user, an API key and an OAuth client that have every scope, and
 * prints them as one line of JSON. Credentials given in TONEGRID_KEY, TONEGRID_CLIENT_ID with TONEGRID_CLIENT_SECRET and
 * TONEGRID_PASSWORD that still work are kept; others are made anew, because what is stored cannot be shown again.
 */
async function seed(data: Data, env: NodeJS.ProcessEnv) {
  const slug = env['TONEGRID_TENANT'] || 'sandbox-records';
  const email = env['TONEGRID_EMAIL'] || 'owner@sandbox-records.example';
  return data.system(async (tx) => {
    await tx.query(
      `insert into tenants (tenant_uuid, name, slug, tenant_role, review_policy) values ($1, 'Sandbox Records', $2, 'enterprise', 'auto') on conflict (slug) do nothing`,
      [uuidv7(), slug],
    );
    const [tenant] = await tx.query<{ tenant_uuid: string }>('select tenant_uuid from tenants where slug = $1 for update', [slug]);
    const tenantUuid = tenant!.tenant_uuid;

    const [user] = await tx.query<{ password_hash: string }>(
      'select password_hash from users where tenant_uuid = $1 and lower(email) = lower($2)',
      [tenantUuid, email],
    );
    let password = env['TONEGRID_PASSWORD'] ?? '';
    if (!user || password === '' || !(await verify(user.password_hash, password))) {
      password = randomBytes(18).toString('base64url');
      await tx.query(
        `insert into users (uuid, tenant_uuid, email, password_hash, role) values ($1, $2, $3, $4, 'owner')
         on conflict (tenant_uuid, lower(email)) do update set password_hash = excluded.password_hash`,
        [uuidv7(), tenantUuid, email, await hash(password)],
      );
    }

    let key = env['TONEGRID_KEY'] ?? '';
    const known =
      key === ''
        ? []
        : await tx.query('select 1 from api_keys where key_hash = $1 and tenant_uuid = $2 and revoked_at is null', [
            hashSecret(key),
            tenantUuid,
          ]);
    if (known.length === 0) {
      key = mintToken(apiKeyPrefix);
      await tx.query(`insert into api_keys (uuid, tenant_uuid, name, prefix, key_hash, scopes) values ($1, $2, 'sandbox', $3, $4, $5)`, [
        uuidv7(),
        tenantUuid,
        key.slice(0, shownCharacters),
        hashSecret(key),
        [...allScopes],
      ]);
    }

    let clientId = env['TONEGRID_CLIENT_ID'] ?? '';
    let clientSecret = env['TONEGRID_CLIENT_SECRET'] ?? '';
    const [client] = await tx.query<{ secret_hash: string }>(
      'select secret_hash from oauth_clients where client_id = $1 and tenant_uuid = $2',
      [clientId, tenantUuid],
    );
    if (!client || !(await verify(client.secret_hash, clientSecret))) {
      clientId = mintToken('tgc_', 20);
      clientSecret = mintToken('tgs_');
      await tx.query(
        `insert into oauth_clients (uuid, tenant_uuid, client_id, secret_hash, name, scopes) values ($1, $2, $3, $4, 'sandbox', $5)`,
        [uuidv7(), tenantUuid, clientId, await hash(clientSecret), [...allScopes]],
      );
    }
    return { tenant: slug, tenant_uuid: tenantUuid, key, client_id: clientId, client_secret: clientSecret, email, password };
  });
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
