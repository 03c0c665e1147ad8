import { request } from 'node:http';
import { services, Transport } from '@tonegrid/contracts';
import { errorTable } from '@tonegrid/errors';
import { contractRoutes, type ContractRoute } from '../src/contract/routes';
import { RunningGateway, type Answer } from './played/gateway';

const uuid = '01890000-0000-7000-8000-00000000000a';
const routes = contractRoutes(services);
const pathOf = ({ template }: ContractRoute, id = uuid): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => (/slug|key/.test(name) ? 'apple-music' : id));

describe('every route of the contract', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0, RATE_LIMIT_AUDIO: 0, RATE_LIMIT_DISTRIBUTION: 0 });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => gateway.played.calls.splice(0));

  const guarded = routes.filter(({ access }) => access.who.case !== 'public');
  const named = (list: ContractRoute[]) => list.map((route) => [`${route.verb} ${route.template}`, route] as const);

  function expectRefusal(answer: Answer, status: number, code: keyof typeof errorTable): void {
    expect(answer.json).toMatchObject({ success: false, code, request_id: answer.headers['x-request-id'] });
    expect(answer.status).toBe(status);
  }

  it.each(named(routes))('%s exists', async (_name, route) => {
    const answer = await gateway.send(route.verb, pathOf(route), {
      as: 'tgk_every_scope',
      ...(route.verb !== 'GET' && route.body && { json: {} }),
    });
    expect(answer.json?.code).not.toBe('route.not_found');
    expect(answer.status).not.toBe(500);
    expect(answer.headers['x-tonegrid-env']).toBe('api-sandbox');
  });

  it.each(named(guarded))('%s refuses without a token', async (_name, route) => {
    const answer = await gateway.send(route.verb, pathOf(route));
    expectRefusal(answer, 401, 'auth.token_missing');
    expect(answer.json.error).toBe('Authentication token is missing.');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="tonegrid"');
    expect(gateway.played.calls).toEqual([]);
  });

  it.each(named(guarded.filter(({ access }) => access.who.case === 'scope')))('%s refuses without its scope', async (_name, route) => {
    const answer = await gateway.send(route.verb, pathOf(route), { as: 'tgk_no_scope' });
    expectRefusal(answer, 403, 'auth.scope_missing');
    expect(answer.json.error).toBe(`This token does not have the scope '${String(route.access.who.value)}'.`);
    expect(gateway.played.calls).toEqual([]);
  });

  it.each(named(routes.filter(({ parameters }) => parameters.some((each) => each.uuid))))(
    '%s says not found for an id that is none',
    async (_name, route) => {
      const answer = await gateway.send(route.verb, pathOf(route, 'not-a-uuid'), {
        as: 'tgk_every_scope',
        ...(route.verb !== 'GET' && route.body && { json: {} }),
      });
      expectRefusal(answer, 404, route.notFound);
      expect(gateway.played.calls).toEqual([]);
    },
  );

  it.each(named(guarded.filter(({ verb }) => verb === 'GET')))('%s asks HEAD for the same token', async (_name, route) => {
    expect((await gateway.send('HEAD', pathOf(route))).status).toBe(401);
    const [head, get] = [
      await gateway.send('HEAD', pathOf(route), { as: 'tgk_every_scope' }),
      await gateway.send('GET', pathOf(route), { as: 'tgk_every_scope' }),
    ];
    expect([head.status, head.text]).toEqual([get.status, '']);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });

  it.each(named(guarded))('%s has no other spelling', async (_name, route) => {
    const path = pathOf(route);
    const spellings = [
      `${path}/`,
      `/${path}`,
      path.toUpperCase().replace(uuid.toUpperCase(), uuid),
      `${path};x=1`,
      `${path}%20`,
      path.replace('/', '/%2e/'),
      path.replace(/.$/, (last) => `%${last.charCodeAt(0).toString(16)}`),
      `/x/..${path}`,
      `/.${path}`,
    ];
    for (const spelling of spellings) {
      const answer = await gateway.send(route.verb, spelling);
      // Another path of the contract is possible (a slug may end in anything), but never one that answers without a token.
      expect([401, 404]).toContain(answer.status);
    }
    expect(gateway.played.calls).toEqual([]);
  });

  it('is not reached by a method override', async () => {
    for (const header of ['x-http-method-override', 'x-method-override', 'x-http-method']) {
      const answer = await gateway.send('POST', `/releases/${uuid}`, { as: 'tgk_every_scope', json: {}, headers: { [header]: 'DELETE' } });
      expectRefusal(answer, 404, 'route.not_found');
    }
    expect((await gateway.send('POST', `/releases/${uuid}?_method=DELETE`, { as: 'tgk_every_scope', json: {} })).status).toBe(404);
    expect(gateway.played.calls).toEqual([]);
  });

  it('has the success status and body family of the contract', async () => {
    const plain = await gateway.send('GET', `/releases/${uuid}`, { as: 'tgk_every_scope' });
    expect([plain.status, plain.json]).toEqual([200, { release: null }]);
    const created = await gateway.send('POST', '/artists', { as: 'tgk_every_scope', json: { name: 'Rema' } });
    expect([created.status, created.json]).toEqual([201, { artist: null }]);
    const enveloped = await gateway.send('GET', '/supply-chain/dsps', { as: 'tgk_no_scope' });
    expect([enveloped.status, enveloped.json]).toEqual([200, { success: true, data: null }]);
    const empty = await gateway.send('DELETE', `/webhooks/${uuid}`, { as: 'tgk_every_scope' });
    expect([empty.status, empty.text]).toEqual([204, '']);
    const accepted = await gateway.send('POST', `/releases/${uuid}/ddex/deliver`, { as: 'tgk_every_scope' });
    expect(accepted.status).toBe(202);
  });
});

describe('what is no route', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start({ TONEGRID_ENV: 'production' });
  });
  afterAll(() => gateway.stop());

  it.each([
    ['GET', '/api/nope'],
    ['PATCH', '/api/releases'],
    ['OPTIONS', '/api/releases'],
    ['GET', '/'],
    ['GET', '/releases'],
    ['GET', '/api'],
    ['GET', '/api/releases/%zz'],
    ['GET', '/api/releases/%'],
    ['GET', '/api/rel%65ases'],
    ['GET', `/api/artwork/${'x'.repeat(12_000)}/y`],
  ])('%s %s is answered in our shape', async (method, path) => {
    const answer = await gateway.sendRaw(method, path);
    expect(answer.status).toBe(404);
    expect(answer.json).toEqual({
      success: false,
      error: 'Endpoint not found.',
      code: 'route.not_found',
      request_id: answer.headers['x-request-id'],
    });
    expect(answer.headers['x-tonegrid-env']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('headers beyond the parser are answered in our shape too', async () => {
    const answer = await gateway.sendRaw('GET', '/api/releases', { headers: { 'x-long': 'x'.repeat(20_000) } });
    expect([answer.status, answer.json.code]).toEqual([431, 'request.headers_too_large']);
  });

  it('what is not HTTP is answered in our shape too', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const sent = request({
        host: '127.0.0.1',
        port: gateway.port,
        method: 'GET',
        path: '/api/errors',
        headers: { 'transfer-encoding': 'chunked, identity' },
      });
      sent.on('response', (response) => response.setEncoding('utf8').on('data', resolve));
      sent.on('error', reject);
      sent.end();
    });
    expect(JSON.parse(text)).toMatchObject({ success: false, code: 'request.invalid' });
  });

  it('keeps a sane request id', async () => {
    expect((await gateway.send('GET', '/nope', { headers: { 'x-request-id': 'trace-42' } })).json.request_id).toBe('trace-42');
    expect((await gateway.send('GET', '/nope', { headers: { 'x-request-id': 'x'.repeat(129) } })).headers['x-request-id']).toHaveLength(36);
  });
});

it('only upload, file and signed-body routes are not transcoded', () => {
  expect(
    routes
      .filter(({ access }) => access.transport !== Transport.UNSPECIFIED)
      .map(({ method }) => method.name)
      .sort(),
  ).toEqual(['Acknowledge', 'DownloadMessage', 'DownloadPurge', 'GetArtwork', 'UploadReleaseArtwork', 'UploadTrackAudio']);
});
