import { RateClass } from '@tonegrid/contracts';
import { rateLimitHeaders, RateLimits } from './rate-limits';
import { RatePlans, ratePlansShape, type Limits } from './rate-plans';

const limitsOf = (standard: Limits, plans?: string) =>
  new RateLimits(new RatePlans(standard, plans === undefined ? undefined : ratePlansShape.parse(plans)));

describe('rate limits', () => {
  it('count each sender and each class by itself', async () => {
    const limits = limitsOf({ [RateClass.GENERAL]: 3, [RateClass.AUDIO]: 1 });
    const now = Date.now() / 1000;
    const first = await limits.count(RateClass.GENERAL, 'a');
    expect(first).toMatchObject({ limit: 3, remaining: 2, retryAfterSeconds: undefined });
    expect(first!.reset).toBeGreaterThanOrEqual(Math.floor(now) + 59);
    expect(first!.reset).toBeLessThanOrEqual(Math.ceil(now) + 61);
    expect(await limits.count(RateClass.AUDIO, 'a')).toMatchObject({ limit: 1, remaining: 0, retryAfterSeconds: undefined });
    expect(await limits.count(RateClass.GENERAL, 'b')).toMatchObject({ remaining: 2 });
  });

  it('refuse the one that is too many until the window ends', async () => {
    const limits = limitsOf({ [RateClass.GENERAL]: 2 });
    await limits.count(RateClass.GENERAL, 'a');
    await limits.count(RateClass.GENERAL, 'a');
    const third = await limits.count(RateClass.GENERAL, 'a');
    expect(third!.remaining).toBe(0);
    expect(third!.retryAfterSeconds).toBeGreaterThan(55);
    expect(third!.retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  it('are off for a class with limit 0', async () => {
    expect(await limitsOf({ [RateClass.GENERAL]: 0 }).count(RateClass.GENERAL, 'a')).toBeUndefined();
    expect(await limitsOf({}).count(RateClass.GENERAL, 'a')).toBeUndefined();
  });

  it('are those of the plan, and for what it does not name those of everybody', async () => {
    const limits = limitsOf({ [RateClass.GENERAL]: 120, [RateClass.AUDIO]: 10 }, '{"label": {"general": 1200}, "free": {"audio": 0}}');
    expect(await limits.count(RateClass.GENERAL, 'a', 'label')).toMatchObject({ limit: 1200, remaining: 1199 });
    expect(await limits.count(RateClass.AUDIO, 'a', 'label')).toMatchObject({ limit: 10 });
    expect(await limits.count(RateClass.AUDIO, 'b', 'free')).toBeUndefined();
    expect(await limits.count(RateClass.GENERAL, 'c', 'unheard of')).toMatchObject({ limit: 120 });
    expect(await limits.count(RateClass.GENERAL, 'd', 'constructor')).toMatchObject({ limit: 120 });
  });

  it('of a sender whose plan changes go on with what was counted', async () => {
    const limits = limitsOf({ [RateClass.GENERAL]: 2 }, '{"label": {"general": 5}}');
    for (let n = 0; n < 3; n += 1) await limits.count(RateClass.GENERAL, 'a');
    expect(await limits.count(RateClass.GENERAL, 'a', 'label')).toMatchObject({ remaining: 1, retryAfterSeconds: undefined });
  });

  it('let requests pass when their store fails', async () => {
    const broken = { count: () => Promise.reject(new Error('the store is away')), stop: () => Promise.resolve() };
    const limits = new RateLimits(new RatePlans({ [RateClass.GENERAL]: 1 }), broken);
    expect(await limits.count(RateClass.GENERAL, 'a')).toBeUndefined();
  });

  it('are told in the words of the reference and of the IETF draft', () => {
    const counted = { name: 'audio', limit: 10, remaining: 3, reset: 1_764_300_000, resetAfter: 42, retryAfterSeconds: undefined };
    expect(rateLimitHeaders(counted)).toEqual({
      'x-ratelimit-limit': '10',
      'x-ratelimit-remaining': '3',
      'x-ratelimit-reset': '1764300000',
      'ratelimit-policy': '"audio";q=10;w=60',
      ratelimit: '"audio";r=3;t=42',
    });
  });
});

it.each(['nonsense', '[]', '{"a": {"general": -1}}', '{"a": {"generel": 1}}', '{"A B": {}}', '{"a": {"general": 1.5}}'])(
  'RATE_PLANS %s is refused',
  (text) => expect(ratePlansShape.safeParse(text).success).toBe(false),
);
