import { getOption, hasOption } from '@bufbuild/protobuf';
import { access, http, RateClass, services, Transport, type Access } from '@tonegrid/contracts';
import { Api, startPlatform, type Platform } from '../src';

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
  return {
    GET: () => api.get(path),
    DELETE: () => api.delete(path),
    POST: () => api.post(path, body),
    PUT: () => api.put(path, body),
    PATCH: () => api.patch(path, body),
  }[route.method]!();
}

beforeAll(async () => {
  platform = await startPlatform();
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
