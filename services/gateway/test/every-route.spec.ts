import { Agent, request } from 'node:http';
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
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0, RATE_LIMIT_AUDIO: 0, RATE_LIMIT_DISTRIBUTION: 0 });
  });
  afterAll(() => {
    agent.destroy();
    return gateway.stop();
  });
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
      expectRefusal(answer, errorTable[route.notFound].http, route.notFound);
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

  it.each(named(guarded))('%s runs for nobody without a token, however it is spelt', async (_name, route) => {
    const path = pathOf(route);
    const inside = path.indexOf('/', 1) === -1 ? path.length : path.indexOf('/', 1);
    const spellings = [
      `${path}/`,
      `${path}//`,
      `/${path}`,
      `${path.slice(0, inside)}/${path.slice(inside)}`,
      path.toUpperCase().replace(uuid.toUpperCase(), uuid),
      `${path};x=1`,
      `${path.slice(0, inside)};x=1${path.slice(inside)}`,
      `${path}.`,
      `${path}..`,
      `${path}.json`,
      `${path}%20`,
      `${path}%00`,
      `${path}%0d%0a`,
      `${path}%2f`,
      `${path}%3f`,
      `${path}%23`,
      `${path}%252f`,
      `${path}\\`,
      path.replaceAll('/', '%2f'),
      path.replaceAll('/', '\\'),
      path.replace('/', '/%2e/'),
      path.replace(/.$/, (last) => `%${last.charCodeAt(0).toString(16)}`),
      path.replace(/.$/, (last) => `%25${last.charCodeAt(0).toString(16)}`),
      path.replace(/^\/(.)/, (_, first: string) => `/%${first.charCodeAt(0).toString(16)}`),
      `/x/..${path}`,
      `/x/..;${path}`,
      `/x/%2e%2e${path}`,
      `/.${path}`,
      `/errors/..${path}`,
      `/errors?x=${path}`,
      `${path}?token=tgk_every_scope&access_token=tgk_every_scope&api_key=tgk_every_scope`,
    ];
    const verbs = route.verb === 'GET' ? ['GET', 'HEAD'] : [route.verb];
    const sent = verbs.flatMap((verb) => spellings.map((spelling) => [verb, spelling] as const));
    const others = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'].map((verb) => [verb, path] as const);
    await Promise.all(
      [...sent, ...others].map(async ([verb, spelling]) => {
        const { status } = await gateway.send(verb, spelling, { agent });
        // Another path of the contract is possible (a slug may end in anything), but never one that answers without a token.
        const open = spelling.startsWith('/errors?') && (verb === 'GET' || verb === 'HEAD');
        expect([verb, spelling, status]).toEqual([verb, spelling, open ? 200 : status === 401 ? 401 : 404]);
      }),
    );
    expect(gateway.played.calls.filter(({ method }) => method !== 'ListErrors')).toEqual([]);
  });

  it.each(named(guarded))('%s is not reached by headers that name another method or path', async (_name, route) => {
    const path = pathOf(route);
    await Promise.all([
      ...['x-http-method-override', 'x-method-override', 'x-http-method'].flatMap((name) =>
        ['GET', 'POST'].map(async (verb) =>
          expect([401, 404]).toContain((await gateway.send(verb, path, { headers: { [name]: route.verb }, agent })).status),
        ),
      ),
      ...['x-original-url', 'x-rewrite-url', 'x-forwarded-prefix', 'x-override-url'].map(async (name) =>
        expect((await gateway.send('GET', '/errors', { headers: { [name]: `/api${path}` }, agent })).json.success).toBe(true),
      ),
    ]);
    expect(gateway.played.calls.filter(({ method }) => method !== 'ListErrors')).toEqual([]);
  });

  it('does nothing else for a header that names another method', async () => {
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

it('only upload, file, signed-body and XML routes are not transcoded', () => {
  expect(
    routes
      .filter(({ access }) => access.transport !== Transport.UNSPECIFIED)
      .map(({ method }) => method.name)
      .sort(),
  ).toEqual(['Acknowledge', 'DownloadMessage', 'DownloadPurge', 'GetArtwork', 'UploadReleaseArtwork', 'UploadTrackAudio', 'ValidateFile']);
});
