import { getOption, hasOption } from '@bufbuild/protobuf';
import { access, http, RateClass, services, Transport, type Access } from '@tonegrid/contracts';
import { Api, startPlatform, type Platform } from '../src';
import { describeAuditLog } from './audit-log';
import { describeTenancy } from './tenancy';

interface Route {
  method: string;
  path: string;
  access: Access;
}

/** Every REST route of the contract. */
const routes: Route[] = Object.values(services).flatMap((service) =>
  service.methods.flatMap((method) => {
    if (!hasOption(method, http)) return [];
    const { pattern } = getOption(method, http);
    return [{ method: pattern.case!.toUpperCase(), path: pattern.value as string, access: getOption(method, access) }];
  }),
);
const protectedRoutes = routes.filter((route) => route.access.who.case !== 'public');
const scopedRoutes = routes.filter((route) => route.access.who.case === 'scope');
const named = (list: Route[]) => list.map((route) => [`${route.method} ${route.path}`, route] as const);

/** The path with every parameter filled in. */
const fill = (path: string, uuid: string) => path.replace(/\{(dsp_slug|slug)\}/g, 'spotify').replace(/\{\w+\}/g, uuid);
const nobody = '01890000-0000-7000-8000-000000000000';

let platform: Platform;
let anonymous: Api;
let member: Api;
let powerless: Api;

async function call(api: Api, route: Route, uuid: string) {
  const path = fill(route.path, uuid);
  if (route.access.transport === Transport.MULTIPART) return api.upload(path, route.access.uploadField, 'a.bin', Buffer.from('nothing'));
  const body = ['POST', 'PUT', 'PATCH'].includes(route.method) ? {} : undefined;
  const calls = {
    GET: () => api.get(path),
    DELETE: () => api.delete(path),
    POST: () => api.post(path, body),
    PUT: () => api.put(path, body),
    PATCH: () => api.patch(path, body),
  };
  return calls[route.method as keyof typeof calls]();
}

beforeAll(async () => {
  platform = await startPlatform({ env: { LOG_LEVEL: 'trace' } });
  anonymous = new Api(platform.url, undefined);
  member = new Api(platform.url, platform.key);
  const made = await member.post('/api-keys', { name: 'analytics only', scopes: ['analytics:read'] });
  powerless = new Api(platform.url, made.body.data.key);
}, 120_000);

afterAll(() => platform?.stop());

test('the contract has the routes of the trip', () => expect(routes.length).toBeGreaterThan(60));

test.each(named(routes))('%s is served', async (_name, route) => {
  const answer = await call(member, route, nobody);
  expect(answer.body?.code).not.toBe('route.not_found');
  expect(answer.status).not.toBe(500);
  expect(answer.headers.get('x-request-id')).toMatch(/\S/);
  expect(answer.headers.get('x-tonegrid-env')).toBe('api-sandbox');
});

test.each(named(protectedRoutes))('%s is refused without a token', async (_name, route) => {
  const answer = await call(anonymous, route, nobody);
  expect([answer.status, answer.body]).toEqual([
    401,
    { success: false, error: 'Authentication token is missing.', code: 'auth.token_missing', request_id: expect.any(String) },
  ]);
});

test.each(named(scopedRoutes))('%s is refused without its scope', async (_name, route) => {
  const answer = await call(powerless, route, nobody);
  expect([answer.status, answer.body?.code]).toEqual([403, 'auth.scope_missing']);
});

describe("another tenant's ids are as if absent", () => {
  const ids: Record<string, string> = {};
  const guarded = protectedRoutes.filter((route) => /\{(uuid|id)\}/.test(route.path));

  beforeAll(async () => {
    const owner = new Api(platform.url, (await platform.addTenant('owner')).key);
    const ingested = await owner.post('/ingestion/json', {
      title: 'Theirs',
      type: 'single',
      dsps: ['spotify'],
      artists: [{ name: 'Someone' }],
      tracks: [{ title: 'One' }],
    });
    ids['releases'] = ingested.body.data.release.uuid;
    ids['tracks'] = ingested.body.data.tracks[0].uuid;
    ids['jobs'] = ingested.body.data.ingestion_job_id;
    ids['artists'] = (await owner.get('/artists')).body.artists[0].uuid;
    ids['webhooks'] = (await owner.post('/webhooks', { name: 'theirs', url: 'http://127.0.0.1:9/', events: ['*'] })).body.data.uuid;
    ids['api-keys'] = (await owner.get('/api-keys')).body.data[0].id;
    ids['oauth-clients'] = (await owner.get('/oauth-clients')).body.data[0].id;
    ids['users'] = (await owner.get('/users')).body.data[0].uuid;
    const child = await owner.post('/tenants/clients', { name: 'Their artist', slug: 'their-artist', tenant_role: 'artist' });
    ids['clients'] = child.body.data.uuid;
  });

  test.each(named(guarded))('%s', async (_name, route) => {
    const kind = /\/(releases|tracks|jobs|artists|webhooks|api-keys|oauth-clients|users|clients)\/\{/.exec(route.path)?.[1];
    expect([route.path, kind]).toEqual([route.path, expect.any(String)]);
    const foreign = await call(member, route, ids[kind!]!);
    const absent = await call(member, route, nobody);
    const view = ({ status, body }: typeof foreign) => ({ status, code: body?.code, error: body?.error, errors: body?.errors });
    expect(view(foreign)).toEqual(view(absent));
    // Asking to act as a tenant has an answer of its own (reference, Errors), the same for one that does not exist.
    expect(route.path.endsWith('/impersonate') ? [403] : [404, 422]).toContain(foreign.status);
  });
});

test('what the contract does not have is 404, however it is spelt', async () => {
  for (const path of ['/nothing', '/releases/', '//releases', '/Releases', '/releases;x=1', '/%72eleases%2f']) {
    const answer = await anonymous.get(path);
    expect([path, answer.body?.error, answer.status]).toEqual([path, 'Endpoint not found.', 404]);
  }
});

test('every route is counted in a rate class or says that it is not', () => {
  for (const route of routes) expect([route.path, route.access.rate]).not.toEqual([route.path, RateClass.UNSPECIFIED]);
});

test('no log of any service holds a credential, at its most talkative', async () => {
  const credentials = { client_id: platform.clientId, client_secret: platform.clientSecret };
  const issued = await anonymous.post('/auth/token', { grant_type: 'client_credentials', ...credentials });
  const { access_token: access1, refresh_token: refresh1 } = issued.body;
  const refreshed = await anonymous.post('/auth/token/refresh', { grant_type: 'refresh_token', refresh_token: refresh1 });
  const { access_token: access2, refresh_token: refresh2 } = refreshed.body;
  expect((await new Api(platform.url, access2).get('/auth/me')).status).toBe(200);
  const made = await member.post(
    '/api-keys',
    { name: 'to be looked for', scopes: ['analytics:read'] },
    { idempotencyKey: 'a-key-that-is-no-secret' },
  );
  const guess = 'tgk_guessed_by_somebody_0123456789';
  expect((await new Api(platform.url, guess).get('/releases')).status).toBe(401);
  expect(
    (await anonymous.post('/auth/token', { grant_type: 'client_credentials', ...credentials, client_secret: 'a-wrong-secret-0123' }))
      .status,
  ).toBe(401);

  const secrets = [
    platform.key,
    platform.clientSecret,
    platform.internalToken,
    access1,
    refresh1,
    access2,
    refresh2,
    made.body.data.key,
    guess,
    'a-wrong-secret-0123',
  ];
  expect(secrets.every((secret) => typeof secret === 'string' && secret.length > 12)).toBe(true);
  const names = ['gateway', 'identity', 'catalog', 'ingestion', 'ddex', 'delivery', 'webhooks', 'dsp-simulator'] as const;
  const logs = names.map((name) => [name, platform.service(name).logs()] as const);
  expect(logs.find(([name]) => name === 'gateway')![1]).toContain('"route":"/auth/me"');
  expect(logs.flatMap(([name, text]) => secrets.filter((secret) => text.includes(secret)).map((secret) => [name, secret]))).toEqual([]);
});

describeAuditLog(() => platform);
describeTenancy(() => platform);
