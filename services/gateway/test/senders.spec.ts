import { IdentityService } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { everyScope } from './played/services';
import { RunningGateway } from './played/gateway';

const path = '/releases/01890000-0000-7000-8000-00000000000a';

describe('a sender', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0 });
    await gateway.played.addSigningKey('k1');
    gateway.played.tokens.set('t1', ['releases:read']);
  });
  afterAll(() => gateway.stop());

  const status = async (as?: string, headers: Record<string, string> = {}) => {
    const { status, json } = await gateway.send('GET', path, { as, headers });
    return [status, json.error as string | undefined];
  };
  const missing = [401, 'Authentication token is missing.'];
  const invalidToken = [401, 'Invalid or expired token. Please log in again.'];
  const invalidKey = [401, 'Invalid, expired, or revoked API key.'];

  it('with a right token or key comes in', async () => {
    expect(await status(await gateway.played.token('k1', 't1'))).toEqual([200, undefined]);
    expect(await status('tgk_every_scope')).toEqual([200, undefined]);
    expect(await status(undefined, { authorization: 'bearer   tgk_every_scope' })).toEqual([200, undefined]);
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic dXNlcjpwdw==', 'tgk_every_scope', 'Bearer a b'])(
    'with Authorization %j has sent no token',
    async (authorization) => {
      expect(await status(undefined, { authorization })).toEqual(missing);
    },
  );

  it.each(['tgk_', 'tgk_unknown_key', 'tgk_with space', `tgk_${'x'.repeat(300)}`, 'tgk_every_scope%00'])(
    'with the API key %j is refused',
    async (key) => {
      expect(await status(key)).toEqual(key.includes(' ') ? missing : invalidKey);
    },
  );

  it('is known by a new signing key from its first token on', async () => {
    await gateway.played.addSigningKey('k2');
    gateway.played.tokens.set('t2', everyScope);
    const began = Date.now();
    expect(await status(await gateway.played.token('k2', 't2'))).toEqual([200, undefined]);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it('whose key or token is revoked is refused within a second', async () => {
    const { played } = gateway;
    played.keys.set('tgk_to_be_revoked', everyScope);
    played.tokens.set('t3', everyScope);
    const token = await played.token('k1', 't3');
    expect([await status('tgk_to_be_revoked'), await status(token)]).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
    played.keys.delete('tgk_to_be_revoked');
    played.tokens.delete('t3');
    const revokedAt = Date.now();
    while (Date.now() - revokedAt < 990) {
      await status('tgk_to_be_revoked');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect([await status('tgk_to_be_revoked'), await status(token)]).toEqual([invalidKey, invalidToken]);
  });

  it('whose credential has ended is refused although it is remembered', async () => {
    gateway.played.keys.set('tgk_ends_soon', everyScope);
    gateway.played.expiries.set('tgk_ends_soon', Date.now() + 2_000);
    expect(await status('tgk_ends_soon')).toEqual([200, undefined]);
    await new Promise((resolve) => setTimeout(resolve, 2_010));
    expect(await status('tgk_ends_soon')).toEqual(invalidKey);
  });

  it('is asked about once for many requests at the same time', async () => {
    gateway.played.keys.set('tgk_many_at_once', everyScope);
    const before = gateway.played.authentications;
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => status('tgk_many_at_once')));
    expect(new Set(answers.map(String))).toEqual(new Set([String([200, undefined])]));
    // Once, and once more for each half second that the hundred took: what is in use is renewed.
    expect(gateway.played.authentications - before).toBeLessThanOrEqual(1 + Math.floor((Date.now() - began) / 500));
  });
});

describe('a sender who acts as another tenant', () => {
  let gateway: RunningGateway;
  let as: string;
  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0 });
    await gateway.played.addSigningKey('k1');
    gateway.played.tokens.set('acting', ['releases:read']);
    gateway.played.actors.set('acting', '01890000-0000-7000-8000-0000000000aa');
    as = await gateway.played.token('k1', 'acting');
  });
  afterAll(() => gateway.stop());
  beforeEach(() => gateway.played.calls.splice(0));

  it('is on record with every call, before it is done', async () => {
    expect((await gateway.send('GET', `${path}?x=secret`, { as, headers: { 'x-request-id': 'r-7' } })).status).toBe(200);
    const [recorded, done] = gateway.played.calls;
    expect([recorded!.method, done!.method]).toEqual(['RecordAudit', 'GetRelease']);
    expect(recorded).toMatchObject({
      request: { actionType: 'impersonation.call', target: `GET /api${path}`, after: { route: 'GET /releases/{uuid}' } },
      caller: { onBehalfOf: '01890000-0000-7000-8000-0000000000aa', tokenId: 'acting', requestId: 'r-7', clientAddress: '127.0.0.1' },
    });
  });

  it('does nothing that cannot be recorded', async () => {
    gateway.played.plays(IdentityService.method.recordAudit, () => Promise.reject(new Refused('service.unavailable')));
    expect((await gateway.send('GET', path, { as })).status).toBe(503);
    expect(gateway.played.calls.map(({ method }) => method)).not.toContain('GetRelease');
    expect((await gateway.send('GET', path, { as: 'tgk_every_scope' })).status).toBe(200);
  });
});

describe('a sender of many requests', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 5, RATE_LIMIT_DISTRIBUTION: 2 });
    gateway.played.keys.set('tgk_other_sender', everyScope);
  });
  afterAll(() => gateway.stop());

  it('is told what is left, and refused when nothing is', async () => {
    const before = Math.floor(Date.now() / 1000);
    for (let left = 4; left >= 0; left -= 1) {
      const { status, headers } = await gateway.send('GET', path, { as: 'tgk_every_scope' });
      expect(status).toBe(200);
      expect(headers).toMatchObject({ 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': String(left) });
      expect(Number(headers['x-ratelimit-reset'])).toBeGreaterThanOrEqual(before + 59);
      expect(Number(headers['x-ratelimit-reset'])).toBeLessThanOrEqual(before + 63);
    }
    const refused = await gateway.send('GET', path, { as: 'tgk_every_scope' });
    expect([refused.status, refused.json]).toEqual([
      429,
      { success: false, error: 'Too many requests.', code: 'rate_limit.exceeded', request_id: refused.headers['x-request-id'] },
    ]);
    expect(refused.headers['x-ratelimit-remaining']).toBe('0');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
    expect((await gateway.send('GET', path, { as: 'tgk_other_sender' })).status).toBe(200);
    expect((await gateway.send('GET', `${path}/ddex/deliveries`, { as: 'tgk_every_scope' })).headers['x-ratelimit-limit']).toBe('2');
  });

  it('has refused and invalid requests counted too', async () => {
    expect((await gateway.send('GET', path, { as: 'tgk_no_scope' })).headers['x-ratelimit-remaining']).toBe('4');
    expect((await gateway.send('GET', '/releases?page=0', { as: 'tgk_no_scope' })).headers['x-ratelimit-remaining']).toBe('3');
  });

  it('cannot try credentials at any pace: without one that holds it is counted by its address', async () => {
    const attempt = (as?: string) => gateway.send('GET', path, { as });
    const answers = [
      await attempt(),
      await attempt('tgk_guess_1'),
      await attempt('tgk_guess_2'),
      await attempt('tgk_guess_3'),
      await attempt(),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect(answers.map(({ headers }) => headers['x-ratelimit-remaining'])).toEqual(['4', '3', '2', '1', '0']);
    const refused = await attempt('tgk_guess_4');
    expect([refused.status, refused.json]).toMatchObject([429, { code: 'rate_limit.exceeded' }]);
    // Nobody whose credential holds is kept out by it, nor is what is open to all.
    gateway.played.keys.set('tgk_neighbour', everyScope);
    expect((await attempt('tgk_neighbour')).headers['x-ratelimit-remaining']).toBe('4');
  });

  it('is known by its address where no token is needed; some routes are not counted', async () => {
    const answers = [];
    for (let index = 0; index < 3; index += 1) answers.push(await gateway.send('POST', '/dsp/spotify/acknowledgements', { body: '{}' }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect((await gateway.send('GET', '/errors')).headers['x-ratelimit-limit']).toBeUndefined();
  });
});
