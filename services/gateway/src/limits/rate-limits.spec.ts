import { RateClass } from '@tonegrid/contracts';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { RateLimits } from './rate-limits';

describe('rate limits', () => {
  it('count each sender and each class by itself', async () => {
    const limits = new RateLimits({ [RateClass.GENERAL]: 3, [RateClass.AUDIO]: 1 });
    const now = Date.now() / 1000;
    const first = await limits.count(RateClass.GENERAL, 'a');
    expect(first).toMatchObject({ limit: 3, remaining: 2, retryAfterSeconds: undefined });
    expect(first!.reset).toBeGreaterThanOrEqual(Math.floor(now) + 59);
    expect(first!.reset).toBeLessThanOrEqual(Math.ceil(now) + 61);
    expect(await limits.count(RateClass.AUDIO, 'a')).toMatchObject({ limit: 1, remaining: 0, retryAfterSeconds: undefined });
    expect(await limits.count(RateClass.GENERAL, 'b')).toMatchObject({ remaining: 2 });
  });

  it('refuse the one that is too many until the window ends', async () => {
    const limits = new RateLimits({ [RateClass.GENERAL]: 2 });
    await limits.count(RateClass.GENERAL, 'a');
    await limits.count(RateClass.GENERAL, 'a');
    const third = await limits.count(RateClass.GENERAL, 'a');
    expect(third!.remaining).toBe(0);
    expect(third!.retryAfterSeconds).toBeGreaterThan(55);
    expect(third!.retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  it('are off for a class with limit 0', async () => {
    const limits = new RateLimits({ [RateClass.GENERAL]: 0 });
    expect(limits.counts(RateClass.GENERAL)).toBe(false);
    expect(await limits.count(RateClass.GENERAL, 'a')).toBeUndefined();
  });

  it('let requests pass when their store fails', async () => {
    class Broken extends RateLimiterMemory {
      override consume(): Promise<never> {
        return Promise.reject(new Error('the store is away'));
      }
    }
    const limits = new RateLimits({ [RateClass.GENERAL]: 1 }, (keyPrefix, points, duration) => new Broken({ keyPrefix, points, duration }));
    expect(await limits.count(RateClass.GENERAL, 'a')).toBeUndefined();
  });
});
