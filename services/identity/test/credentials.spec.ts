import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { parseRevocation, revocationSubject, type Revocation } from '@tonegrid/events';
import type { Caller } from '@tonegrid/rpc';
import { waitFor } from '@tonegrid/testing';
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify, type JWK } from 'jose';
import { connect, type NatsConnection } from 'nats';
import { command, gateway, problems, refusal, startIdentity, type RunningIdentity } from './start-identity';

let running: RunningIdentity;
let identity: RunningIdentity['identity'];
let owner: Caller;
let nats: NatsConnection;
const heard: Revocation[] = [];

const mask = (...paths: string[]) => ({ updateMask: { paths } });
const byKey = (value: string) => identity.authenticate(gateway(), { credential: { case: 'apiKey', value } });
const byToken = (accessToken: string) =>
  identity.authenticate(gateway(), { credential: { case: 'tokenId', value: String(decodeJwt(accessToken).jti) } });
const pair = (scope?: string) =>
  identity.issueToken(gateway(), {
    grantType: 'client_credentials',
    clientId: running.seed.client_id,
    clientSecret: running.seed.client_secret,
    scope,
  });
const told = (kind: string, id: string) =>
  waitFor(() => heard.some((each) => each.kind === kind && each.id === id), { what: `the revocation of ${kind} ${id}` });

beforeAll(async () => {
  running = await startIdentity();
  ({ identity } = running);
  owner = await running.callerOf({ key: running.seed.key });
  nats = await connect({ servers: running.nats.url });
  nats.subscribe(revocationSubject('sandbox'), {
    callback: (_error, message) => {
      const revocation = parseRevocation(message.string());
      if (revocation) heard.push(revocation);
    },
  });
  await nats.flush();
}, 180_000);

afterAll(async () => {
  await nats?.close();
  await running?.stop();
});

describe('API keys', () => {
  const make = async (more: { scopes?: string[]; ipAllowlist?: string[]; expiresAt?: Date } = {}) => {
    const { data } = await identity.createApiKey(owner, {
      name: 'made',
      scopes: more.scopes ?? ['releases:read'],
      ipAllowlist: more.ipAllowlist,
      expiresAt: more.expiresAt && timestampFromDate(more.expiresAt),
    });
    return data!;
  };

  test('carry a list of addresses in canonical spelling to the gateway; a wrong entry is named', async () => {
    const made = await make({ ipAllowlist: ['203.0.113.9', '2001:DB8::/32'] });
    expect(made.ipAllowlist).toEqual(['203.0.113.9/32', '2001:db8::/32']);
    expect((await byKey(made.key!)).ipAllowlist).toEqual(made.ipAllowlist);
    expect(await problems(make({ ipAllowlist: ['10.0.0.0/8', '10.1.2.3/8'] }))).toEqual({
      'ip_allowlist.1': ['The ip_allowlist.1 must begin at its first address: 10.0.0.0/8.'],
    });
  });

  test('change in what is supplied and keep the rest; null clears', async () => {
    const made = await make({ ipAllowlist: ['10.0.0.0/8'], expiresAt: new Date(Date.now() + 3_600_000) });
    const { data } = await identity.updateApiKey(owner, { id: made.id, name: 'renamed', ...mask('name') });
    expect(data).toMatchObject({ name: 'renamed', scopes: ['releases:read'], ipAllowlist: ['10.0.0.0/8'], expiresAt: made.expiresAt });
    const cleared = await identity.updateApiKey(owner, {
      id: made.id,
      scopes: ['releases:write'],
      ...mask('expires_at', 'ip_allowlist', 'scopes'),
    });
    expect([cleared.data!.expiresAt, cleared.data!.ipAllowlist, cleared.data!.scopes]).toEqual([undefined, [], ['releases:write']]);
    expect((await byKey(made.key!)).caller!.scopes).toEqual(['releases:write']);
    await told('api_key', made.id);
    expect(await problems(identity.updateApiKey(owner, { id: made.id, ...mask('scopes') }))).toHaveProperty('scopes');
    expect(
      await problems(identity.updateApiKey(owner, { id: made.id, expiresAt: timestampFromDate(new Date(0)), ...mask('expires_at') })),
    ).toHaveProperty('expires_at');
  });

  test('rotate at once, or with an overlap that ends', async () => {
    const made = await make();
    const { data: second } = await identity.rotateApiKey(owner, { id: made.id });
    expect(second!.key).not.toBe(made.key);
    expect([await refusal(byKey(made.key!)), await refusal(byKey(second!.key!))]).toEqual(['auth.invalid_api_key', 'answered']);
    const { data: third } = await identity.rotateApiKey(owner, { id: made.id, overlapSeconds: 600 });
    const old = await byKey(second!.key!);
    // The gateway learns when the old secret ends.
    expect(timestampDate(old.expiresAt!).getTime() - Date.now()).toBeLessThanOrEqual(600_000);
    expect((await byKey(third!.key!)).expiresAt).toBeUndefined();
    await running.data.system((tx) => tx.query(`update api_keys set previous_until = now() where uuid = $1`, [made.id]));
    expect(await refusal(byKey(second!.key!))).toBe('auth.invalid_api_key');
    expect(await refusal(identity.rotateApiKey(owner, { id: made.id, overlapSeconds: 604_801 }))).toBe('validation.failed');
  });

  test('that may do more than the caller are neither changed nor rotated by him', async () => {
    const strong = await make({ scopes: ['finance:write', 'releases:read'] });
    const weak = { ...owner, scopes: ['tenants:admin', 'releases:read'] };
    expect(await refusal(identity.rotateApiKey(weak, { id: strong.id }))).toBe('auth.scope_missing');
    expect(await refusal(identity.updateApiKey(weak, { id: strong.id, name: 'mine', ...mask('name') }))).toBe('auth.scope_missing');
  });

  test('that are revoked stay so', async () => {
    const made = await make();
    await identity.revokeApiKey(owner, { id: made.id });
    await told('api_key', made.id);
    expect(await refusal(identity.rotateApiKey(owner, { id: made.id }))).toBe('api_key.revoked');
    expect(await refusal(identity.updateApiKey(owner, { id: made.id, name: 'x', ...mask('name') }))).toBe('api_key.revoked');
  });

  test('say when they were last used', async () => {
    const made = await make();
    expect(made.lastUsedAt).toBeUndefined();
    await byKey(made.key!);
    await waitFor(async () => (await identity.getApiKey(owner, { id: made.id })).data!.lastUsedAt, {
      timeout: 30_000,
      what: 'the use being noted',
    });
  });

  test('expire', async () => {
    const made = await make({ expiresAt: new Date(Date.now() + 3_600_000) });
    await byKey(made.key!);
    await running.data.system((tx) => tx.query(`update api_keys set expires_at = now() where uuid = $1`, [made.id]));
    expect(await refusal(byKey(made.key!))).toBe('auth.invalid_api_key');
  });
});

describe('OAuth clients', () => {
  test('show their secret once, get tokens, and take them along when they go', async () => {
    const { data, message } = await identity.createOAuthClient(owner, { name: 'sync', scopes: ['releases:read', 'analytics:read'] });
    expect(message).toContain('will not be shown again');
    const listed = (await identity.listOAuthClients(owner, {})).data.find(({ id }) => id === data!.id);
    expect([listed!.clientId, listed!.clientSecret]).toEqual([data!.clientId, undefined]);
    const credentials = { grantType: 'client_credentials', clientId: data!.clientId, clientSecret: data!.clientSecret! };
    const tokens = await identity.issueToken(gateway(), { ...credentials, scope: 'analytics:read' });
    expect((await byToken(tokens.accessToken)).caller).toMatchObject({ subject: `oauth_client:${data!.id}`, scopes: ['analytics:read'] });
    await identity.deleteOAuthClient(owner, { id: data!.id });
    await told('oauth_client', data!.id);
    expect(await refusal(byToken(tokens.accessToken))).toBe('auth.invalid_token');
    expect(await refusal(identity.issueToken(gateway(), credentials))).toBe('auth.invalid_client');
    expect(await refusal(identity.refreshToken(gateway(), { grantType: 'refresh_token', refreshToken: tokens.refreshToken }))).toBe(
      'auth.invalid_grant',
    );
    expect(await refusal(identity.deleteOAuthClient(owner, { id: data!.id }))).toBe('oauth_client.not_found');
  });

  test('of another tenant are absent', async () => {
    const other = await running.callerOf({ key: running.seed.enterprise_key });
    const [own] = (await identity.listOAuthClients(owner, {})).data;
    expect((await identity.listOAuthClients(other, {})).data).toEqual([]);
    expect(await refusal(identity.deleteOAuthClient(other, { id: own!.id }))).toBe('oauth_client.not_found');
  });
});

describe('refresh tokens', () => {
  const refresh = (refreshToken: string, more: { scope?: string; clientId?: string; clientSecret?: string } = {}) =>
    identity.refreshToken(gateway(), { grantType: 'refresh_token', refreshToken, ...more });

  test('a second use ends the family everywhere, and is in the audit log', async () => {
    const first = await pair();
    const second = await refresh(first.refreshToken);
    const third = await refresh(second.refreshToken);
    const { family } = await byToken(third.accessToken);
    expect(await refusal(refresh(first.refreshToken))).toBe('auth.invalid_grant');
    await told('family', family);
    for (const { accessToken } of [first, second, third]) expect(await refusal(byToken(accessToken))).toBe('auth.invalid_token');
    expect(await refusal(refresh(third.refreshToken))).toBe('auth.invalid_grant');
    const { data } = await identity.listAuditLog(owner, { actionType: 'token.reuse_detected' });
    expect(data[0]).toMatchObject({ target: `family:${family}`, sourceIp: '203.0.113.7' });
  });

  test('may be narrowed, never widened, and keep what they had', async () => {
    const first = await pair('releases:read analytics:read');
    const narrow = await refresh(first.refreshToken, { scope: 'releases:read' });
    expect(narrow.scope).toBe('releases:read');
    expect(await refusal(refresh(narrow.refreshToken, { scope: 'releases:read finance:write' }))).toBe('auth.invalid_scope');
    expect((await refresh(narrow.refreshToken)).scope).toBe('releases:read analytics:read');
  });

  test('of one client are of no use to another', async () => {
    const { data: other } = await identity.createOAuthClient(owner, { name: 'other', scopes: ['releases:read'] });
    const first = await pair();
    const credentials = { clientId: other!.clientId, clientSecret: other!.clientSecret! };
    expect(await refusal(refresh(first.refreshToken, credentials))).toBe('auth.invalid_grant');
    expect(await refusal(refresh(first.refreshToken, { ...credentials, clientSecret: 'tgs_wrong' }))).toBe('auth.invalid_client');
    await refresh(first.refreshToken, { clientId: running.seed.client_id, clientSecret: running.seed.client_secret });
  });

  test('revoking one ends its family, an access token only itself; either is told', async () => {
    const [first, second] = [await pair(), await pair()];
    const { family } = await byToken(first.accessToken);
    await identity.revokeToken(owner, { token: first.refreshToken, tokenTypeHint: 'access_token' });
    await told('family', family);
    expect(await refusal(byToken(first.accessToken))).toBe('auth.invalid_token');
    await identity.revokeToken(owner, { token: second.accessToken });
    await told('token', String(decodeJwt(second.accessToken).jti));
    expect(await refusal(byToken(second.accessToken))).toBe('auth.invalid_token');
    await byToken((await refresh(second.refreshToken)).accessToken);
    expect((await identity.revokeToken(owner, { token: 'nonsense' })).message).toBe('Token revoked successfully.');
  });
});

describe('signing keys', () => {
  const published = async (): Promise<JWK[]> =>
    (await identity.listSigningKeys(gateway(), {})).keys.map(({ kty, use, alg, kid, n, e }) => ({ kty, use, alg, kid, n, e }));
  const verifies = async (accessToken: string): Promise<boolean> => {
    const { kid } = decodeProtectedHeader(accessToken);
    const key = (await published()).find((each) => each.kid === kid);
    if (!key) return false;
    await jwtVerify(accessToken, await importJWK(key, 'RS256'));
    return true;
  };
  const kidOf = (accessToken: string) => decodeProtectedHeader(accessToken).kid;
  const rotate = async (...args: string[]) => {
    const { code, stdout } = await command('rotate-signing-keys.js', args, running.env(0, 0));
    expect(code).toBe(0);
    return stdout.trim();
  };
  const replicasLook = (check: () => Promise<boolean>) =>
    waitFor(check, { timeout: 30_000, interval: 500, what: 'replicas looking for new keys' });

  test('a new one is published before it signs, the old one until its tokens end: no token fails to verify at any moment', async () => {
    const before = await pair();
    const kid = await rotate();
    await replicasLook(async () => (await published()).some((key) => key.kid === kid));
    const meanwhile = await pair();
    expect(kidOf(meanwhile.accessToken)).toBe(kidOf(before.accessToken));
    // The lead passes.
    await running.data.system((tx) => tx.query('update signing_keys set signs_from = now() where kid = $1', [kid]));
    await replicasLook(async () => {
      const { accessToken } = await pair();
      expect(await verifies(accessToken)).toBe(true);
      return kidOf(accessToken) === kid;
    });
    for (const { accessToken } of [before, meanwhile]) expect(await verifies(accessToken)).toBe(true);
    const [old] = await running.data.system((tx) =>
      tx.query<{ outlives: boolean }>(`select published_until > now() + interval '1 hour' as outlives from signing_keys where kid = $1`, [
        kidOf(before.accessToken),
      ]),
    );
    expect(old!.outlives).toBe(true);
    await byToken(before.accessToken);
  });

  test('compromised ones are taken back at once, with every access token', async () => {
    const before = await pair();
    const kid = await rotate('--compromised');
    expect(await refusal(byToken(before.accessToken))).toBe('auth.invalid_token');
    await replicasLook(async () => (await published()).every((key) => key.kid === kid));
    expect(await verifies(before.accessToken)).toBe(false);
    const after = await identity.refreshToken(gateway(), { grantType: 'refresh_token', refreshToken: before.refreshToken });
    expect([kidOf(after.accessToken), await verifies(after.accessToken)]).toEqual([kid, true]);
  });
});
