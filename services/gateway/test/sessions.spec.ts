import { CatalogService } from '@tonegrid/contracts';
import { RunningGateway } from './played/gateway';
import { everyScope } from './played/services';
import { keepContext } from './played/tracing';

const path = '/releases/01890000-0000-7000-8000-00000000000a';
const app = 'https://app.example.com';
const own = 'https://api.example.com';

describe('a session cookie', () => {
  let gateway: RunningGateway;
  let cookie: string;
  beforeAll(async () => {
    gateway = await RunningGateway.start({
      RATE_LIMIT_GENERAL: 0,
      PUBLIC_URL: `${own}/api`,
      CORS_ORIGINS: `${app}, http://localhost:3000`,
    });
    await gateway.played.addSigningKey('k1');
    gateway.played.tokens.set('t1', everyScope);
    cookie = `theme=dark; tonegrid_session=${await gateway.played.token('k1', 't1', { claims: { iss: `${own}/api` } })}`;
  });
  afterAll(() => gateway.stop());
  beforeEach(() => gateway.played.calls.splice(0));

  const submit = (headers: Record<string, string>) => gateway.send('POST', `${path}/submit`, { headers: { cookie, ...headers } });

  it('lets its user in', async () => {
    expect((await gateway.send('GET', path, { headers: { cookie } })).status).toBe(200);
    expect((await gateway.send('HEAD', path, { headers: { cookie } })).status).toBe(200);
  });

  it.each([
    ['that is empty', 'tonegrid_session=', 'auth.token_missing'],
    ['of another name', 'session=x', 'auth.token_missing'],
    ['with nonsense', 'tonegrid_session=x.y.z', 'auth.invalid_token'],
    ['with an API key', 'tonegrid_session=tgk_every_scope', 'auth.invalid_token'],
  ])('%s does not', async (_what, spoilt, code) => {
    const answer = await gateway.send('GET', path, { headers: { cookie: spoilt } });
    expect([answer.status, answer.json.code]).toEqual([401, code]);
  });

  it('is not looked at beside an Authorization header', async () => {
    expect((await gateway.send('GET', path, { as: 'tgk_unknown_key', headers: { cookie } })).json.code).toBe('auth.invalid_api_key');
    expect((await gateway.send('GET', path, { headers: { cookie, authorization: 'Basic eDp5' } })).json.code).toBe('auth.token_missing');
  });

  it.each([
    ['our own origin', { origin: own }, 200],
    ['an origin of CORS_ORIGINS', { origin: app }, 200],
    ['a browser that says same-origin', { 'sec-fetch-site': 'same-origin' }, 200],
    ['another site', { origin: 'https://evil.example' }, 403],
    ['another site that is called like ours', { origin: `${own}.evil.example` }, 403],
    ['our host over http', { origin: 'http://api.example.com' }, 403],
    ['an origin that is hidden', { origin: 'null' }, 403],
    ['another site, whatever else is said', { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }, 403],
    ['a sister site', { 'sec-fetch-site': 'same-site' }, 403],
    ['a browser that says cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['nobody knows where', {}, 403],
  ])('may change things from %s: %p', async (_what, headers, status) => {
    const answer = await submit(headers);
    expect(answer.status).toBe(status);
    if (status === 403) expect([answer.json.code, gateway.played.calls]).toEqual(['auth.cross_site', []]);
  });

  it('asks nothing of a sender with a token of its own', async () => {
    const answer = await gateway.send('POST', `${path}/submit`, { as: 'tgk_every_scope', headers: { origin: 'https://evil.example' } });
    expect(answer.status).toBe(200);
  });

  describe('and pages of another origin', () => {
    it('that is configured may use the API and read its headers', async () => {
      const preflight = await gateway.send('OPTIONS', path, {
        headers: { origin: app, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'idempotency-key, content-type' },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers).toMatchObject({
        'access-control-allow-origin': app,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': expect.stringContaining('PUT'),
        'access-control-allow-headers': expect.stringContaining('Idempotency-Key'),
      });
      const answer = await gateway.send('GET', path, { headers: { origin: app, cookie } });
      expect(answer.headers).toMatchObject({ 'access-control-allow-origin': app, vary: expect.stringContaining('Origin') });
      expect(answer.headers['access-control-expose-headers']).toContain('X-RateLimit-Remaining');
      const refused = await gateway.send('GET', path, { headers: { origin: app } });
      expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, app]);
    });

    it('that is not may not', async () => {
      for (const origin of ['https://evil.example', 'null', `${app}.evil.example`, 'http://app.example.com']) {
        const preflight = await gateway.send('OPTIONS', path, { headers: { origin, 'access-control-request-method': 'PUT' } });
        expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
        expect((await gateway.send('GET', path, { headers: { origin, cookie } })).headers['access-control-allow-origin']).toBeUndefined();
      }
    });
  });
});

describe('without CORS_ORIGINS', () => {
  it('no page of another origin may use the API', async () => {
    const gateway = await RunningGateway.start();
    const preflight = await gateway.send('OPTIONS', path, { headers: { origin: app, 'access-control-request-method': 'GET' } });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([404, undefined]);
    expect((await gateway.send('GET', '/errors', { headers: { origin: app } })).headers['access-control-allow-origin']).toBeUndefined();
    await gateway.stop();
  });
});

describe('an API key with a list of addresses', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 3, TRUSTED_PROXIES: '127.0.0.1, 10.9.0.0/16' });
    gateway.played.keys.set('tgk_at_home_only', everyScope);
    gateway.played.addresses.set('tgk_at_home_only', ['198.51.100.0/24', '2001:db8:1::/48']);
    gateway.played.keys.set('tgk_spoilt_list', everyScope);
    gateway.played.addresses.set('tgk_spoilt_list', ['everywhere']);
  });
  afterAll(() => gateway.stop());

  const from = (forwarded: string | undefined, as = 'tgk_at_home_only') =>
    gateway.send('GET', path, { as, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } });

  it.each([
    ['203.0.113.9', 403],
    ['203.0.113.9, 198.51.100.7, 203.0.113.9', 403],
    ['198.51.100.7, 203.0.113.9', 403], // what a client says of itself does not count
    ['198.51.100.7', 200],
    ['203.0.113.9, 198.51.100.7, 10.9.3.3', 200], // the last one that no proxy of ours added
    ['::ffff:198.51.100.8', 200],
    ['2001:db8:1:5::9', undefined],
    ['2001:db8:2::9', 403],
    ['unknown', 403],
    [undefined, 403],
  ])('used from %s: %s', async (forwarded, status) => {
    const answer = await from(forwarded);
    expect(answer.status).toBe(status ?? 429);
    if (status === 403)
      expect(answer.json).toMatchObject({ code: 'auth.address_not_allowed', error: 'This API key may not be used from this address.' });
  });

  it('does not use up the limit of its owner from elsewhere', async () => {
    gateway.played.keys.set('tgk_leaked_key', everyScope);
    gateway.played.addresses.set('tgk_leaked_key', ['198.51.100.7']);
    for (let n = 0; n < 10; n += 1) expect((await from('203.0.113.9', 'tgk_leaked_key')).status).toBe(403);
    expect((await from('198.51.100.7', 'tgk_leaked_key')).headers['x-ratelimit-remaining']).toBe('2');
  });

  it('and a list of nonsense is of use nowhere', async () => expect((await from('198.51.100.7', 'tgk_spoilt_list')).status).toBe(403));

  it('is held by its peer where no proxy is trusted', async () => {
    const open = await RunningGateway.start();
    open.played.keys.set('tgk_at_home_only', everyScope);
    open.played.addresses.set('tgk_at_home_only', ['198.51.100.0/24']);
    const answer = await open.send('GET', path, {
      as: 'tgk_at_home_only',
      headers: { 'x-forwarded-for': '198.51.100.7', forwarded: 'for=198.51.100.7' },
    });
    expect(answer.status).toBe(403);
    open.played.addresses.set('tgk_loopback', ['127.0.0.0/8']);
    open.played.keys.set('tgk_loopback', everyScope);
    expect((await open.send('GET', path, { as: 'tgk_loopback', headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(200);
    await open.stop();
  });
});

beforeAll(keepContext);

describe('messages about fields', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0 });
    for (const locale of ['fr-CA', 'yo', 'de']) {
      gateway.played.keys.set(`tgk_speaks_${locale}`, everyScope);
      gateway.played.locales.set(`tgk_speaks_${locale}`, locale);
    }
  });
  afterAll(() => gateway.stop());

  it.each([
    ['fr-CA', 'Le champ name est obligatoire.'],
    ['yo', 'Ó pọn dandan láti kọ name.'],
    ['de', 'The name field is required.'],
  ])('are in the language of the tenant: %s', async (locale, message) => {
    const answer = await gateway.send('POST', '/artists', { as: `tgk_speaks_${locale}`, json: {} });
    expect([answer.status, answer.json.error, answer.json.fields.name]).toEqual([422, 'Validation failed', message]);
  });

  it('are in the language that is asked for where there is no tenant yet', async () => {
    const asked = async (language: string) =>
      (
        await gateway.send('POST', '/auth/token', {
          json: { client_id: 'a', client_secret: 'b' },
          headers: { 'accept-language': language, 'content-type': 'application/json' },
        })
      ).json.errors.grant_type[0];
    expect(await asked('de, pt-BR;q=0.8, fr;q=0.9')).toBe('Le champ grant_type est obligatoire.');
    expect(await asked('*;q=0')).toBe('The grant_type field is required.');
  });

  it('that a service gives are told the tenant’s language too', async () => {
    await gateway.send('GET', path, { as: 'tgk_speaks_fr-CA' });
    expect(gateway.played.calls.at(-1)).toMatchObject({ method: CatalogService.method.getRelease.name, caller: { locale: 'fr-CA' } });
  });
});
