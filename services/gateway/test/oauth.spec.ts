import { IdentityService } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { RunningGateway } from './played/gateway';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const tokens = { accessToken: 'jwt', tokenType: 'Bearer', expiresIn: 3600, refreshToken: 'tgr', scope: 'releases:read' };
const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

describe('an OAuth client', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0 });
    gateway.played.plays(IdentityService.method.issueToken, async () => tokens);
    gateway.played.plays(IdentityService.method.refreshToken, async () => tokens);
  });
  afterAll(() => gateway.stop());
  beforeEach(() => gateway.played.calls.splice(0));

  const ask = (body: string, headers: Record<string, string> = {}, path = '/auth/token') =>
    gateway.send('POST', path, { body, headers: { ...form, ...headers } });
  const received = () => gateway.played.calls.at(-1)?.request;

  it('may send a form', async () => {
    const answer = await ask(
      'grant_type=client_credentials&client_id=c+1&client_secret=s%26%C3%A9&scope=releases%3Aread+analytics:read&resource=x&scope2=',
    );
    expect([answer.status, answer.json]).toEqual([
      200,
      { access_token: 'jwt', token_type: 'Bearer', expires_in: 3600, refresh_token: 'tgr', scope: 'releases:read' },
    ]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(received()).toMatchObject({
      grantType: 'client_credentials',
      clientId: 'c 1',
      clientSecret: 's&é',
      scope: 'releases:read analytics:read',
    });
  });

  it('may send JSON', async () => {
    const json = { grant_type: 'client_credentials', client_id: 'c', client_secret: 's' };
    expect((await gateway.send('POST', '/auth/token', { json })).status).toBe(200);
  });

  it('may authenticate by HTTP Basic', async () => {
    expect((await ask('grant_type=client_credentials', { authorization: basic('c:1', 's% é') })).status).toBe(200);
    expect(received()).toMatchObject({ clientId: 'c:1', clientSecret: 's% é' });
    expect((await ask('grant_type=client_credentials&client_id=c', { authorization: basic('c', 's') })).status).toBe(200);
  });

  it('may refresh by a form, with or without its Basic header', async () => {
    const body = 'grant_type=refresh_token&refresh_token=tgr';
    expect((await ask(body, {}, '/auth/token/refresh')).status).toBe(200);
    expect((await ask(body, { authorization: basic('c', 's') }, '/auth/token/refresh')).status).toBe(200);
  });

  it.each([
    [
      'a field is missing',
      'grant_type=client_credentials&client_id=c&client_secret=',
      {},
      400,
      'invalid_request',
      'The client_secret field is required.',
    ],
    [
      'a parameter comes twice',
      'grant_type=a&grant_type=b&client_id=c&client_secret=s',
      {},
      400,
      'invalid_request',
      'The request is not well-formed: the parameter grant_type is given more than once.',
    ],
    [
      'it authenticates twice',
      'grant_type=client_credentials&client_id=c&client_secret=s',
      { authorization: basic('c', 's') },
      400,
      'invalid_request',
      'The request is not well-formed: the client authenticates in more than one way.',
    ],
    [
      'it says it is two clients',
      'grant_type=client_credentials&client_id=d',
      { authorization: basic('c', 's') },
      400,
      'invalid_request',
      'The request is not well-formed: the client authenticates in more than one way.',
    ],
    [
      'its Basic header is spoilt',
      'grant_type=client_credentials',
      { authorization: 'Basic %%%' },
      401,
      'invalid_client',
      'Client authentication failed.',
    ],
    [
      'its Basic header has no colon',
      'grant_type=client_credentials',
      { authorization: 'Basic YWJj' },
      401,
      'invalid_client',
      'Client authentication failed.',
    ],
    [
      'its Basic header has a broken escape',
      'grant_type=client_credentials',
      { authorization: `Basic ${Buffer.from('a:%zz').toString('base64')}` },
      401,
      'invalid_client',
      'Client authentication failed.',
    ],
    ['its form is not UTF-8', Buffer.from([0x61, 0x3d, 0xff]), {}, 400, 'invalid_request', 'The request body is not well-formed.'],
    [
      'its JSON is malformed',
      '{"grant_type":',
      { 'content-type': 'application/json' },
      400,
      'invalid_request',
      'The request body is not well-formed.',
    ],
    [
      'its JSON has an unknown field',
      '{"grant_type":"client_credentials","client_id":"c","client_secret":"s","x":1}',
      { 'content-type': 'application/json' },
      400,
      'invalid_request',
      'The x field is not known.',
    ],
    ['it sends something else', 'x', { 'content-type': 'text/plain' }, 415, 'invalid_request', 'Content-Type must be application/json.'],
  ])('is told in its own words when %s', async (_what, body, headers, status, error, description) => {
    const answer = await gateway.send('POST', '/auth/token', {
      body: body as string,
      headers: { ...form, ...(headers as Record<string, string>) },
    });
    expect([answer.status, answer.json.error, answer.json.error_description]).toEqual([status, error, description]);
    expect(answer.json).toMatchObject({ code: expect.stringMatching(/^[a-z_]+\.[a-z_]+$/), request_id: answer.headers['x-request-id'] });
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Basic realm="tonegrid"' : undefined);
    expect(gateway.played.calls).toEqual([]);
  });

  it.each([
    ['auth.invalid_client', {}, 401, 'invalid_client'],
    ['auth.invalid_grant', {}, 400, 'invalid_grant'],
    ['auth.invalid_scope', { params: { scope: 'finance:"write"\\é' } }, 400, 'invalid_scope'],
    ['auth.unsupported_grant_type', { params: { expected: 'client_credentials' } }, 400, 'unsupported_grant_type'],
    ['rate_limit.exceeded', { retryAfterSeconds: 3 }, 429, 'temporarily_unavailable'],
    ['service.unavailable', { retryAfterSeconds: 3 }, 503, 'temporarily_unavailable'],
    ['internal.error', {}, 500, 'server_error'],
  ] as const)('is told %s as RFC 6749 does', async (code, details, status, error) => {
    gateway.played.plays(IdentityService.method.refreshToken, () => Promise.reject(new Refused(code, details)));
    const answer = await ask('grant_type=refresh_token&refresh_token=x', {}, '/auth/token/refresh');
    expect([answer.status, answer.json.error, answer.json.code]).toEqual([status, error, code]);
    expect(answer.json.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    if ('retryAfterSeconds' in details) expect(answer.headers['retry-after']).toBe('3');
  });

  it('finds forms nowhere else, and our own errors there', async () => {
    const answer = await gateway.send('POST', '/artists', { as: 'tgk_every_scope', body: 'name=x', headers: form });
    expect([answer.status, answer.json.error]).toEqual([415, 'Content-Type must be application/json.']);
  });
});
