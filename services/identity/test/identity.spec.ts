import { resolve } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { IdentityService } from '@tonegrid/contracts';
import { openData, type Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { rpcClient, systemCaller, type Caller, type RpcClient } from '@tonegrid/rpc';
import { freePort, startPostgres, startProcess, type RunningPostgres, type RunningProcess, type TestDatabase } from '@tonegrid/testing';
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';

const run = promisify(execFile);
const here = resolve(__dirname, '..', '..');
const internalToken = 'identity-suite-internal-token-0123456789';
const publicUrl = 'http://127.0.0.1:8080/api';

interface Seed {
  tenant: string;
  tenant_uuid: string;
  key: string;
  client_id: string;
  client_secret: string;
  email: string;
  password: string;
}

let postgres: RunningPostgres;
let database: TestDatabase;
let service: RunningProcess;
let identity: RpcClient<typeof IdentityService>;
let data: Data;
let seed: Seed;
let grpcPort: number;
const gateway = () => systemCaller('gateway', '', 'suite');
const member = (): Caller => ({
  ...gateway(),
  tenantUuid: seed.tenant_uuid,
  scopes: ['tenants:admin', 'releases:read'],
  subject: 'api_key:suite',
});
const env = (port: number, admin: number) => ({
  TONEGRID_ENV: 'sandbox',
  DATABASE_URL: database.url,
  MIGRATION_DATABASE_URL: database.migrationUrl,
  MIGRATE_ON_START: 'true',
  INTERNAL_TOKEN: internalToken,
  ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  PUBLIC_URL: publicUrl,
  GRPC_HOST: '127.0.0.1',
  GRPC_PORT: String(port),
  ADMIN_HOST: '127.0.0.1',
  ADMIN_PORT: String(admin),
});
const sow = async (given: Record<string, string> = {}): Promise<Seed> => {
  const { stdout } = await run(process.execPath, [resolve(here, 'dist/src/seed.js')], {
    env: { PATH: process.env['PATH'], ...env(0, 0), ...given },
  });
  return JSON.parse(stdout) as Seed;
};
const refusal = async (call: Promise<unknown>): Promise<string> => {
  const outcome = await call.then(
    () => 'answered',
    (error: unknown) => error,
  );
  if (outcome instanceof Refused) return outcome.code;
  throw outcome;
};
const token = (scope?: string) =>
  identity.issueToken(gateway(), { grantType: 'client_credentials', clientId: seed.client_id, clientSecret: seed.client_secret, scope });

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase('identity');
  grpcPort = await freePort();
  const admin = await freePort();
  service = await startProcess({
    name: 'identity',
    command: [process.execPath, resolve(here, 'dist/src/main.js')],
    env: env(grpcPort, admin),
    ready: `http://127.0.0.1:${admin}/readyz`,
  });
  seed = await sow();
  identity = rpcClient(IdentityService, { address: `127.0.0.1:${grpcPort}`, internalToken });
  data = await openData({ url: database.url, poolSize: 2 });
});

afterAll(async () => {
  identity.close();
  await data.close();
  await service.stop();
  await postgres.stop();
});

describe('tokens', () => {
  test('client credentials give an RS256 token that the published keys verify', async () => {
    const pair = await token();
    const header = decodeProtectedHeader(pair.accessToken);
    const { keys } = await identity.listSigningKeys(gateway(), {});
    const key = keys.find(({ kid }) => kid === header.kid);
    const { payload } = await jwtVerify(pair.accessToken, await importJWK({ ...key, $typeName: undefined } as never, 'RS256'), {
      issuer: publicUrl,
      audience: 'tonegrid:sandbox',
    });
    expect(header.alg).toBe('RS256');
    expect(payload).toMatchObject({ tenant: seed.tenant_uuid, scope: pair.scope });
    expect(payload.exp! - payload.iat!).toBe(3600);
    expect(pair).toMatchObject({ tokenType: 'Bearer', expiresIn: 3600 });
  });

  test('a scope that the client has is granted alone; one that it has not is refused', async () => {
    expect((await token('releases:read')).scope).toBe('releases:read');
    expect(await refusal(token('releases:read world:domination'))).toBe('auth.invalid_scope');
  });

  test('a wrong secret, an unknown client and another grant type are refused', async () => {
    const wrong = { grantType: 'client_credentials', clientId: seed.client_id, clientSecret: 'tgs_wrong' };
    expect(await refusal(identity.issueToken(gateway(), wrong))).toBe('auth.invalid_client');
    expect(await refusal(identity.issueToken(gateway(), { ...wrong, clientId: 'nobody' }))).toBe('auth.invalid_client');
    expect(await refusal(identity.issueToken(gateway(), { ...wrong, grantType: 'password' }))).toBe('auth.unsupported_grant_type');
  });

  test('a refresh token works once; its second use ends the whole family', async () => {
    const first = await token();
    const second = await identity.refreshToken(gateway(), { grantType: 'refresh_token', refreshToken: first.refreshToken });
    const jti = String(decodeJwt(second.accessToken).jti);
    await identity.authenticate(gateway(), { credential: { case: 'tokenId', value: jti } });
    expect(await refusal(identity.refreshToken(gateway(), { grantType: 'refresh_token', refreshToken: first.refreshToken }))).toBe(
      'auth.invalid_grant',
    );
    expect(await refusal(identity.refreshToken(gateway(), { grantType: 'refresh_token', refreshToken: second.refreshToken }))).toBe(
      'auth.invalid_grant',
    );
    expect(await refusal(identity.authenticate(gateway(), { credential: { case: 'tokenId', value: jti } }))).toBe('auth.invalid_token');
  });

  test('fifty uses of one refresh token at once give at most one pair', async () => {
    const { refreshToken } = await token();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () => identity.refreshToken(gateway(), { grantType: 'refresh_token', refreshToken })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('a revoked access token is refused; the token of another tenant is not revoked', async () => {
    const { accessToken } = await token();
    const jti = String(decodeJwt(accessToken).jti);
    const stranger = { ...member(), tenantUuid: '00000000-0000-7000-8000-000000000001' };
    expect((await identity.revokeToken(stranger, { token: accessToken })).message).toBe('Token revoked successfully.');
    await identity.authenticate(gateway(), { credential: { case: 'tokenId', value: jti } });
    await identity.revokeToken(member(), { token: accessToken });
    expect(await refusal(identity.authenticate(gateway(), { credential: { case: 'tokenId', value: jti } }))).toBe('auth.invalid_token');
  });
});

describe('API keys', () => {
  test('a key is shown once, authenticates with its scopes, and stops when it is revoked', async () => {
    const made = await identity.createApiKey(member(), { name: 'backend', scopes: ['releases:read'] });
    const key = made.data!.key!;
    const { caller } = await identity.authenticate(gateway(), { credential: { case: 'apiKey', value: key } });
    expect(caller).toMatchObject({
      tenantUuid: seed.tenant_uuid,
      scopes: ['releases:read'],
      subject: `api_key:${made.data!.id}`,
      reviewPolicy: 'auto',
    });
    expect((await identity.getApiKey(member(), { id: made.data!.id })).data!.key).toBeUndefined();
    await identity.revokeApiKey(member(), { id: made.data!.id });
    expect(await refusal(identity.authenticate(gateway(), { credential: { case: 'apiKey', value: key } }))).toBe('auth.invalid_api_key');
  });

  test('nobody gives away a scope that he does not have', async () => {
    expect(await refusal(identity.createApiKey(member(), { name: 'greedy', scopes: ['finance:write'] }))).toBe('validation.failed');
    expect(await refusal(identity.createApiKey(member(), { name: 'odd', scopes: ['no:such'] }))).toBe('validation.failed');
  });

  test('a mistyped key is refused by its checksum', async () => {
    const mistyped = `${seed.key.slice(0, -1)}${seed.key.endsWith('0') ? '1' : '0'}`;
    expect(await refusal(identity.authenticate(gateway(), { credential: { case: 'apiKey', value: mistyped } }))).toBe(
      'auth.invalid_api_key',
    );
  });

  test('another tenant sees no key', async () => {
    const stranger = { ...member(), tenantUuid: '00000000-0000-7000-8000-000000000001' };
    const { data: own } = await identity.listApiKeys(member(), {});
    expect(own.length).toBeGreaterThan(0);
    expect((await identity.listApiKeys(stranger, {})).data).toEqual([]);
    expect(await refusal(identity.getApiKey(stranger, { id: own[0]!.id }))).toBe('api_key.not_found');
    expect(await refusal(identity.revokeApiKey(stranger, { id: own[0]!.id }))).toBe('api_key.not_found');
  });

  test('a suspended tenant stops at once', async () => {
    const suspend = (at: string) =>
      data.system((tx) => tx.query(`update tenants set suspended_at = ${at} where tenant_uuid = $1`, [seed.tenant_uuid]));
    await suspend('now()');
    expect(await refusal(identity.authenticate(gateway(), { credential: { case: 'apiKey', value: seed.key } }))).toBe(
      'auth.invalid_api_key',
    );
    await suspend('null');
    await identity.authenticate(gateway(), { credential: { case: 'apiKey', value: seed.key } });
  });
});

describe('the service', () => {
  test('seeding again keeps credentials that still work', async () => {
    const given = {
      TONEGRID_KEY: seed.key,
      TONEGRID_CLIENT_ID: seed.client_id,
      TONEGRID_CLIENT_SECRET: seed.client_secret,
      TONEGRID_PASSWORD: seed.password,
    };
    expect(await sow(given)).toEqual(seed);
  });

  test('neither keys nor secrets nor private keys stand in the database or in the log', async () => {
    const made = await identity.createApiKey(
      { ...member(), idempotency: { key: 'leak', route: 'POST /api-keys', bodyHash: 'x' } },
      { name: 'leak test', scopes: ['releases:read'] },
    );
    const dump = await data.system(async (tx) => {
      const tables = await tx.query<{ name: string }>(
        `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migrations'`,
      );
      const rows = await Promise.all(tables.map(({ name }) => tx.query(`select t::text as row from "${name}" t`)));
      return JSON.stringify(rows);
    });
    const asText = (secret: string) => [secret, Buffer.from(secret).toString('hex')];
    for (const secret of [seed.key, seed.client_secret, seed.password, made.data!.key!, '-----BEGIN PRIVATE KEY-----']) {
      for (const form of asText(secret)) expect(dump.includes(form)).toBe(false);
      expect(service.logs().includes(secret)).toBe(false);
    }
  });

  test('a caller without the internal token is refused', async () => {
    const intruder = rpcClient(IdentityService, { address: `127.0.0.1:${grpcPort}`, internalToken: 'x'.repeat(40) });
    expect(await refusal(intruder.getMe(member(), {}))).toBe('service.unavailable');
    intruder.close();
  });

  test('a wrong configuration is refused by name, and the value is not told', async () => {
    const wrong = { ...env(0, 0), ENCRYPTION_KEY: 'too-short-secret', GRPC_PORT: 'seventy' };
    const failure = (await run(process.execPath, [resolve(here, 'dist/src/main.js')], { env: wrong }).catch((error: unknown) => error)) as {
      code: number;
      stderr: string;
    };
    expect(failure.code).toBe(78);
    expect(failure.stderr).toContain('ENCRYPTION_KEY');
    expect(failure.stderr).toContain('GRPC_PORT');
    expect(failure.stderr).not.toContain('too-short-secret');
  });
});
