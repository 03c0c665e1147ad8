import { ReviewPolicy, TenantRole, UserRole } from '@tonegrid/contracts';
import { subjectOf } from '@tonegrid/events';
import type { Caller } from '@tonegrid/rpc';
import { waitFor } from '@tonegrid/testing';
import { decodeJwt } from 'jose';
import { connect, type NatsConnection } from 'nats';
import { v7 as uuidv7 } from 'uuid';
import { gateway, problems, refusal, startIdentity, type RunningIdentity } from './start-identity';

const absent = '00000000-0000-7000-8000-00000000dead';

let running: RunningIdentity;
let identity: RunningIdentity['identity'];
let platform: Caller;
let enterprise: Caller;
let client: Caller;
let nats: NatsConnection | undefined;

/** A tenant below the caller's, and a caller of its own with a key that has every scope. */
async function below(caller: Caller, tenantRole: TenantRole, slug: string): Promise<Caller> {
  const { data } = await identity.createClientTenant(caller, { name: slug, slug, tenantRole });
  return acting(caller, data!.uuid);
}

/** A caller of that tenant's own: its first key is made by whoever stands above it. */
async function acting(caller: Caller, uuid: string): Promise<Caller> {
  const { data: token } = await identity.impersonateTenant(caller, { uuid });
  const asChild = await running.callerOf({ jti: String(decodeJwt(token!.accessToken).jti) });
  const { data: key } = await identity.createApiKey(asChild, { name: 'first', scopes: [...caller.scopes] });
  return running.callerOf({ key: key!.key! });
}

beforeAll(async () => {
  running = await startIdentity();
  ({ identity } = running);
  platform = await running.callerOf({ key: running.seed.platform_key });
  enterprise = await running.callerOf({ key: running.seed.enterprise_key });
  client = await running.callerOf({ key: running.seed.key });
}, 180_000);

afterAll(async () => {
  await nats?.close();
  await running?.stop();
});

describe('the hierarchy', () => {
  test('a platform makes any tenant, an enterprise clients and artists, a client artists, an artist none', async () => {
    const artist = await below(client, TenantRole.ARTIST, 'solo-artist');
    const tried = [TenantRole.PLATFORM, TenantRole.ENTERPRISE, TenantRole.CLIENT, TenantRole.ARTIST];
    const matrix: Record<string, string[]> = {};
    for (const [name, caller] of Object.entries({ platform, enterprise, client, artist })) {
      matrix[name] = [];
      for (const tenantRole of tried)
        matrix[name].push(
          await refusal(identity.createClientTenant(caller, { name: 'Tried', slug: `tried-${name}-${tenantRole}`, tenantRole })),
        );
    }
    const no = 'tenant.role_not_allowed';
    expect(matrix).toEqual({
      platform: ['answered', 'answered', 'answered', 'answered'],
      enterprise: [no, no, 'answered', 'answered'],
      client: [no, no, no, 'answered'],
      artist: [no, no, no, no],
    });
  });

  test('a tenant sees those below it and nothing beside or above; what it does not see is absent', async () => {
    const other = await below(platform, TenantRole.ENTERPRISE, 'other-enterprise');
    const theirs = await below(other, TenantRole.CLIENT, 'their-client');
    const seen = async (caller: Caller) => (await identity.listClientTenants(caller, { perPage: 100 })).data.map(({ uuid }) => uuid);
    expect(await seen(platform)).toEqual(
      expect.arrayContaining([enterprise.tenantUuid, client.tenantUuid, other.tenantUuid, theirs.tenantUuid]),
    );
    expect(await seen(other)).toEqual([theirs.tenantUuid]);
    expect(await seen(theirs)).toEqual([]);
    const ids = { foreign: theirs.tenantUuid, above: platform.tenantUuid, itself: enterprise.tenantUuid, absent };
    for (const uuid of Object.values(ids)) {
      expect(await refusal(identity.getClientTenant(enterprise, { uuid }))).toBe('tenant.not_found');
      expect(await refusal(identity.updateClientTenant(enterprise, { uuid, name: 'Mine' }))).toBe('tenant.not_found');
      expect(await refusal(identity.suspendTenant(enterprise, { uuid }))).toBe('tenant.not_found');
      expect(await refusal(identity.activateTenant(enterprise, { uuid }))).toBe('tenant.not_found');
      expect(await refusal(identity.getTenantUsage(enterprise, { uuid }))).toBe('tenant.not_found');
      expect(await refusal(identity.impersonateTenant(enterprise, { uuid }))).toBe('tenant.not_descendant');
    }
    expect((await identity.getOwnTenant(theirs, {})).data).toMatchObject({ name: 'their-client', reviewPolicy: ReviewPolicy.AUTO });
  });

  test('slugs and domains belong to one tenant; both have a form', async () => {
    const make = (slug: string, customDomain?: string) =>
      identity.createClientTenant(enterprise, { name: 'Named', slug, tenantRole: TenantRole.CLIENT, customDomain });
    const { data } = await make('named', 'Music.Example.COM.');
    expect(data!.customDomain).toBe('music.example.com');
    expect(await refusal(make('named'))).toBe('tenant.slug_taken');
    expect(await refusal(make('named-2', 'music.example.com'))).toBe('tenant.domain_taken');
    for (const slug of ['Named', 'a--b', '-ab', 'ab_c']) expect(await problems(make(slug))).toHaveProperty('slug');
    for (const domain of ['localhost', '10.0.0.1', 'http://x.example', 'a b.example', '-x.example'])
      expect(await problems(make('named-3', domain))).toHaveProperty('custom_domain');
  });

  test('a list goes on by cursor and by page, and filters', async () => {
    const all = await identity.listClientTenants(platform, { perPage: 100 });
    const walked: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: Awaited<ReturnType<typeof identity.listClientTenants>> = await identity.listClientTenants(platform, {
        perPage: 2,
        cursor,
      });
      walked.push(...page.data.map(({ uuid }) => uuid));
      cursor = page.cursor!.next;
    }
    expect(walked).toEqual(all.data.map(({ uuid }) => uuid));
    const direct = await identity.listClientTenants(platform, { parentUuid: enterprise.tenantUuid, tenantRole: TenantRole.CLIENT });
    expect(direct.data.map(({ uuid }) => uuid)).toContain(client.tenantUuid);
    expect(
      direct.data.every(({ tenantRole, parentUuid }) => tenantRole === TenantRole.CLIENT && parentUuid === enterprise.tenantUuid),
    ).toBe(true);
  });

  test('a place in the hierarchy is for ever, also for who writes to the database', async () => {
    const move = (sql: string) => running.data.system((tx) => tx.query(sql, [client.tenantUuid]));
    await expect(move('update tenants set parent_uuid = null where tenant_uuid = $1')).rejects.toThrow('a tenant keeps its place');
    await expect(move(`update tenants set tenant_role = 'platform' where tenant_uuid = $1`)).rejects.toThrow('a tenant keeps its place');
  });
});

describe('suspension', () => {
  test('stops keys, tokens, refreshing and logins of a tenant and of all below it at once, and ends', async () => {
    const parent = await below(enterprise, TenantRole.CLIENT, 'to-be-suspended');
    const child = await below(parent, TenantRole.ARTIST, 'below-suspended');
    const { data: key } = await identity.createApiKey(child, { name: 'x', scopes: ['releases:read'] });
    const { data: app } = await identity.createOAuthClient(child, { name: 'x', scopes: ['releases:read'] });
    const credentials = { grantType: 'client_credentials', clientId: app!.clientId, clientSecret: app!.clientSecret! };
    await identity.createUser(child, { email: 'a@b.example', password: 'trombone umbrella nine', role: UserRole.OWNER });
    const pair = await identity.issueToken(gateway(), credentials);
    const jti = String(decodeJwt(pair.accessToken).jti);
    const outcomes = async () => [
      await refusal(identity.authenticate(gateway(), { credential: { case: 'apiKey', value: key!.key! } })),
      await refusal(identity.authenticate(gateway(), { credential: { case: 'tokenId', value: jti } })),
      await refusal(identity.issueToken(gateway(), credentials)),
      await refusal(identity.login(gateway(), { email: 'a@b.example', password: 'trombone umbrella nine', tenantSlug: 'below-suspended' })),
    ];
    expect(await outcomes()).toEqual(['answered', 'answered', 'answered', 'answered']);
    const { data } = await identity.suspendTenant(enterprise, { uuid: parent.tenantUuid });
    expect(data!.suspendedAt).toBeDefined();
    expect((await identity.suspendTenant(enterprise, { uuid: parent.tenantUuid })).data!.suspendedAt).toEqual(data!.suspendedAt);
    expect(await outcomes()).toEqual(['auth.invalid_api_key', 'auth.invalid_token', 'auth.invalid_client', 'tenant.suspended']);
    expect(await refusal(identity.refreshToken(gateway(), { grantType: 'refresh_token', refreshToken: pair.refreshToken }))).toBe(
      'auth.invalid_grant',
    );
    expect(await refusal(identity.impersonateTenant(enterprise, { uuid: child.tenantUuid }))).toBe('tenant.suspended');
    await identity.activateTenant(enterprise, { uuid: parent.tenantUuid });
    expect(await outcomes()).toEqual(['answered', 'answered', 'answered', 'answered']);
  });
});

describe('impersonation', () => {
  const impersonate = async (request: { expiresIn?: number; scopes?: string[] } = {}) => {
    const { data } = await identity.impersonateTenant(enterprise, { uuid: client.tenantUuid, ...request });
    return { token: data!, claims: decodeJwt(data!.accessToken) };
  };

  test('gives a token of the other tenant that says who acts, for an hour at most, without a refresh token', async () => {
    const { token, claims } = await impersonate();
    expect(token).toMatchObject({
      tokenType: 'Bearer',
      expiresIn: 3600,
      actingAs: true,
      onBehalfOf: enterprise.tenantUuid,
      tenantUuid: client.tenantUuid,
    });
    expect(claims).toMatchObject({
      acting_as: true,
      on_behalf_of: enterprise.tenantUuid,
      tenant: client.tenantUuid,
      sub: enterprise.subject,
    });
    const caller = await running.callerOf({ jti: String(claims.jti) });
    expect(caller).toMatchObject({
      tenantUuid: client.tenantUuid,
      tenantRole: 'client',
      onBehalfOf: enterprise.tenantUuid,
      subject: enterprise.subject,
    });
    expect(await identity.getMe(caller, {})).toMatchObject({
      actingAs: true,
      onBehalfOf: enterprise.tenantUuid,
      tenant: { uuid: client.tenantUuid },
    });
    const short = await impersonate({ expiresIn: 60, scopes: ['releases:read'] });
    expect(short.claims.exp! - short.claims.iat!).toBe(60);
    expect(short.token.scope).toBe('releases:read');
    expect(await refusal(impersonate({ expiresIn: 3601 }))).toBe('validation.failed');
  });

  test('has no scope that the impersonator has not', async () => {
    const { data: key } = await identity.createApiKey(enterprise, { name: 'little', scopes: ['tenants:admin', 'releases:read'] });
    const little = await running.callerOf({ key: key!.key! });
    const { data } = await identity.impersonateTenant(little, { uuid: client.tenantUuid });
    expect(data!.scope).toBe('tenants:admin releases:read');
    expect(await problems(identity.impersonateTenant(little, { uuid: client.tenantUuid, scopes: ['finance:write'] }))).toHaveProperty([
      'scopes.0',
    ]);
  });

  test('cannot impersonate further', async () => {
    const artist = (await identity.listClientTenants(client, { tenantRole: TenantRole.ARTIST })).data[0]!;
    const caller = await running.callerOf({ jti: String((await impersonate()).claims.jti) });
    expect(await refusal(identity.impersonateTenant(caller, { uuid: artist.uuid }))).toBe('auth.impersonation_nested');
  });

  test('ends with the key that it was made with', async () => {
    const { data: key } = await identity.createApiKey(enterprise, { name: 'support', scopes: ['tenants:admin'] });
    const support = await running.callerOf({ key: key!.key! });
    const { data: token } = await identity.impersonateTenant(support, { uuid: client.tenantUuid });
    const credential = { case: 'tokenId', value: String(decodeJwt(token!.accessToken).jti) } as const;
    await identity.authenticate(gateway(), { credential });
    await identity.revokeApiKey(enterprise, { id: key!.id });
    expect(await refusal(identity.authenticate(gateway(), { credential }))).toBe('auth.invalid_token');
  });

  test('is revoked by the tenant that acts and by the one that is acted as', async () => {
    for (const revoker of [enterprise, client]) {
      const { token, claims } = await impersonate();
      await identity.revokeToken(revoker, { token: token.accessToken });
      expect(await refusal(running.callerOf({ jti: String(claims.jti) }))).toBe('auth.invalid_token');
    }
  });

  test('is in the audit log of both: that it was granted, and every call', async () => {
    const { claims } = await impersonate();
    const caller = await running.callerOf({ jti: String(claims.jti) });
    await identity.recordAudit(
      { ...caller, requestId: 'call-1' },
      { actionType: 'impersonation.call', target: 'GET /releases', after: { method: 'GET' } },
    );
    const granted = await identity.listAuditLog(enterprise, { actionType: 'tenant.impersonated', perPage: 1 });
    expect(granted.data[0]).toMatchObject({ actor: enterprise.subject, target: `tenant:${client.tenantUuid}`, sourceIp: '203.0.113.7' });
    for (const tenant of [enterprise, client]) {
      const { data } = await identity.listAuditLog(tenant, { actionType: 'impersonation.call', perPage: 1 });
      expect(data[0]).toMatchObject({
        actor: enterprise.subject,
        onBehalfOf: enterprise.tenantUuid,
        target: 'GET /releases',
        requestId: 'call-1',
        after: { method: 'GET' },
      });
    }
  });
});

describe('usage', () => {
  test('is rolled up from events, each counted once, for a tenant and for all below it', async () => {
    const label = await below(enterprise, TenantRole.CLIENT, 'counted');
    const solo = await below(label, TenantRole.ARTIST, 'counted-artist');
    const publish = await tell();
    const [r1, r2, r3] = [uuidv7(), uuidv7(), uuidv7()];
    const twice = uuidv7();
    await publish(label, 'release.created', r1, { release_uuid: r1, track_count: 2 }, twice);
    await publish(label, 'release.created', r1, { release_uuid: r1, track_count: 2 }, twice);
    await publish(label, 'release.updated', r1, { release_uuid: r1, changed: ['tracks'], track_count: 5 });
    await publish(label, 'release.updated', r1, { release_uuid: r1, changed: ['title'], track_count: null });
    await publish(label, 'release.created', r2, { release_uuid: r2, track_count: 9 });
    await publish(label, 'release.deleted', r2, { release_uuid: r2 });
    await publish(solo, 'release.created', r3, { release_uuid: r3, track_count: 1 });
    for (const n of [1, 2, 3]) await publish(label, 'artist.created', uuidv7(), { artist_uuid: 'x', name: `Artist ${n}` });
    await publish(label, 'artist.deleted', uuidv7(), { artist_uuid: 'x', name: 'Artist 1' });
    const usage = async () => (await identity.getTenantUsage(enterprise, { uuid: label.tenantUuid })).data!;
    await waitFor(async () => (await usage()).includingDescendants!.releases === 2n && (await usage()).artists === 2n, {
      timeout: 30_000,
      what: 'the counts',
    });
    expect(await usage()).toMatchObject({
      releases: 1n,
      tracks: 5n,
      artists: 2n,
      lifetimeStreams: 0n,
      lifetimeRevenueMinor: 0n,
      currency: 'USD',
      includingDescendants: { tenants: 2n, releases: 2n, tracks: 6n, artists: 2n },
    });
    expect((await identity.getTenantUsage(label, { uuid: solo.tenantUuid })).data).toMatchObject({ releases: 1n, tracks: 1n });
  });

  /** Publishes an event as the catalogue's relay does. */
  async function tell() {
    nats ??= await connect({ servers: running.nats.url });
    return async (of: Caller, type: string, subject: string, data: object, id = uuidv7()) => {
      const event = {
        specversion: '1.0',
        id,
        source: '/tonegrid/catalog',
        type,
        subject,
        time: new Date().toISOString(),
        tenantuuid: of.tenantUuid,
        data,
      };
      await nats!.jetstream().publish(subjectOf('sandbox', type), JSON.stringify(event));
    };
  }
});

describe('settings', () => {
  const mask = (...paths: string[]) => ({ updateMask: { paths } });

  test('a tenant sets its own, each checked, and clears what may be unset', async () => {
    const { data } = await identity.updateOwnTenant(client, {
      locale: 'pt-br',
      customDomain: 'records.example.com',
      defaultDsps: ['apple_music', 'apple-music', 'Spotify'],
      soboPartyDpid: 'PA-DPIDA-2014120301-M',
      soboPartyName: 'Lagos Nights',
      isrcPrefix: 'ng-tng',
      upcRangeStart: '123456000001',
      upcRangeEnd: '123456999992',
      ...mask(
        'locale',
        'custom_domain',
        'default_dsps',
        'sobo_party_dpid',
        'sobo_party_name',
        'isrc_prefix',
        'upc_range_start',
        'upc_range_end',
      ),
    });
    expect(data).toMatchObject({
      locale: 'pt-BR',
      defaultDsps: ['applemusic', 'spotify'],
      soboPartyDpid: 'PADPIDA2014120301M',
      isrcPrefix: 'NGTNG',
      upcRangeStart: '123456000001',
    });
    const cleared = await identity.updateOwnTenant(
      client,
      mask('isrc_prefix', 'upc_range_start', 'upc_range_end', 'default_dsps', 'custom_domain'),
    );
    expect(cleared.data).toMatchObject({ defaultDsps: [], locale: 'pt-BR' });
    expect([cleared.data!.isrcPrefix, cleared.data!.upcRangeStart, cleared.data!.customDomain]).toEqual([undefined, undefined, undefined]);
  });

  test('what is wrong is named', async () => {
    const wrong = (request: object, ...paths: string[]) => problems(identity.updateOwnTenant(client, { ...request, ...mask(...paths) }));
    expect(await wrong({ upcRangeStart: '123456000009' }, 'upc_range_start')).toEqual({
      upc_range_start: ['The upc_range_start must be a UPC of 12 digits with a right check digit.'],
    });
    expect(await wrong({ upcRangeStart: '123456000001' }, 'upc_range_start')).toHaveProperty('upc_range_end');
    expect(await wrong({ upcRangeStart: '123456999992', upcRangeEnd: '123456000001' }, 'upc_range_start', 'upc_range_end')).toHaveProperty(
      'upc_range_end',
    );
    expect(await wrong({ isrcPrefix: 'NG' }, 'isrc_prefix')).toHaveProperty('isrc_prefix');
    expect(await wrong({ locale: 'english, please' }, 'locale')).toHaveProperty('locale');
    expect(await wrong({}, 'name')).toHaveProperty('name');
    expect(await wrong({ defaultDsps: ['spotify', 'a/b'] }, 'default_dsps')).toEqual({
      default_dsps: ['The default_dsps.1 must be the slug of a DSP.'],
    });
  });

  test('review policy and rate plan are for a platform to set', async () => {
    const manual = { reviewPolicy: ReviewPolicy.MANUAL, ...mask('review_policy') };
    expect(await refusal(identity.updateOwnTenant(client, manual))).toBe('tenant.platform_only');
    expect(await refusal(identity.updateClientTenant(enterprise, { uuid: client.tenantUuid, ...manual }))).toBe('tenant.platform_only');
    expect(
      await refusal(identity.updateClientTenant(enterprise, { uuid: client.tenantUuid, ratePlan: 'gold', ...mask('rate_plan') })),
    ).toBe('tenant.platform_only');
    const { data } = await identity.updateClientTenant(platform, {
      uuid: client.tenantUuid,
      ratePlan: 'gold',
      reviewPolicy: ReviewPolicy.MANUAL,
      ...mask('rate_plan', 'review_policy'),
    });
    expect(data).toMatchObject({ ratePlan: 'gold', reviewPolicy: ReviewPolicy.MANUAL });
    const asked = await identity.authenticate(gateway(), { credential: { case: 'apiKey', value: running.seed.key } });
    expect([asked.ratePlan, asked.caller!.reviewPolicy]).toEqual(['gold', 'manual']);
  });
});
