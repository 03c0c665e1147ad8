import { Refused } from '@tonegrid/errors';
import { systemCaller } from '@tonegrid/rpc';
import { CallerCache } from './caller-cache';
import type { Authenticated, Credential } from './identity';

const credential: Credential = { case: 'apiKey', value: 'tgk_x' };
const someone = (tenant: string): Authenticated => ({
  caller: systemCaller('test', tenant, 'r'),
  scopes: new Set(),
  expiresAt: undefined,
  sender: 's',
  ratePlan: undefined,
  addresses: undefined,
  family: undefined,
});

describe('the cache of callers', () => {
  let now = 0;
  let asked = 0;
  let answer: () => Promise<Authenticated>;
  const cacheOf = (size?: number) =>
    new CallerCache(
      () => {
        asked += 1;
        return answer();
      },
      { now: () => now, size },
    );

  beforeEach(() => {
    now = 1_000;
    asked = 0;
    answer = async () => someone('a');
  });

  it('asks once for many at the same time and remembers for a second', async () => {
    const cache = cacheOf();
    await Promise.all(Array.from({ length: 50 }, async () => cache.find('k', credential)));
    now += 400;
    expect(cache.find('k', credential)).not.toBeInstanceOf(Promise);
    expect(asked).toBe(1);
    now += 600;
    await cache.find('k', credential);
    expect(asked).toBe(2);
  });

  it('never serves what was asked a second ago, so that a revocation takes effect', async () => {
    const cache = cacheOf();
    await cache.find('k', credential);
    answer = async () => Promise.reject(new Refused('auth.invalid_api_key'));
    now += 999;
    expect(cache.find('k', credential)).toMatchObject({ caller: { tenantUuid: 'a' } });
    now += 1;
    await expect(async () => cache.find('k', credential)).rejects.toMatchObject({ code: 'auth.invalid_api_key' });
  });

  it('renews in the background what is in use, and counts its age from the question', async () => {
    const cache = cacheOf();
    await cache.find('k', credential);
    now += 600;
    answer = async () => someone('b');
    expect(cache.find('k', credential)).toMatchObject({ caller: { tenantUuid: 'a' } });
    await new Promise((resolve) => setImmediate(resolve));
    now += 900;
    expect(cache.find('k', credential)).toMatchObject({ caller: { tenantUuid: 'b' } });
    expect(asked).toBe(3);
  });

  it('remembers refusals too', async () => {
    const cache = cacheOf();
    answer = async () => Promise.reject(new Refused('auth.invalid_api_key'));
    await expect(cache.find('k', credential)).rejects.toThrow(Refused);
    expect(() => cache.find('k', credential)).toThrow('Invalid, expired, or revoked API key.');
    expect(asked).toBe(1);
  });

  it('does not remember that identity was away', async () => {
    const cache = cacheOf();
    answer = async () => Promise.reject(new Refused('service.unavailable'));
    await expect(cache.find('k', credential)).rejects.toMatchObject({ status: 503 });
    answer = async () => someone('a');
    await expect(cache.find('k', credential)).resolves.toMatchObject({ caller: { tenantUuid: 'a' } });
  });

  it('keeps a known caller to its age when a renewal fails', async () => {
    const cache = cacheOf();
    await cache.find('k', credential);
    now += 600;
    answer = async () => Promise.reject(new Refused('service.unavailable'));
    void cache.find('k', credential);
    await new Promise((resolve) => setImmediate(resolve));
    now += 300;
    expect(cache.find('k', credential)).toMatchObject({ caller: { tenantUuid: 'a' } });
  });

  it('forgets what is dropped, answers under way included', async () => {
    const cache = cacheOf();
    await cache.find('k', credential);
    cache.drop((key) => key === 'other');
    expect(cache.find('k', credential)).not.toBeInstanceOf(Promise);
    let tell = (_found: Authenticated) => {};
    answer = () => new Promise((resolve) => (tell = resolve));
    now += 600;
    void cache.find('k', credential); // begins a renewal
    cache.drop((key, known) => key === 'k' && known?.caller.tenantUuid === 'a');
    tell(someone('before the revocation'));
    await new Promise((resolve) => setImmediate(resolve));
    answer = async () => someone('after');
    await expect(cache.find('k', credential)).resolves.toMatchObject({ caller: { tenantUuid: 'after' } });
  });

  it('forgets a first question that is under way when something is dropped', async () => {
    const cache = cacheOf();
    let tell = (_found: Authenticated) => {};
    answer = () => new Promise((resolve) => (tell = resolve));
    const first = cache.find('k', credential);
    cache.drop((_key, known) => known === undefined);
    answer = async () => someone('after');
    await expect(cache.find('k', credential)).resolves.toMatchObject({ caller: { tenantUuid: 'after' } });
    tell(someone('before'));
    await expect(first).resolves.toMatchObject({ caller: { tenantUuid: 'before' } });
    expect(cache.find('k', credential)).toMatchObject({ caller: { tenantUuid: 'after' } });
  });

  it('holds no more than its size', async () => {
    const cache = cacheOf(10);
    for (let index = 0; index < 1_000; index += 1) await cache.find(`k${index}`, credential);
    expect(cache.find('k999', credential)).not.toBeInstanceOf(Promise);
    expect(cache.find('k0', credential)).toBeInstanceOf(Promise);
  });
});
