import { retryIn } from './retry';

describe('trying again', () => {
  const delays = [60_000, 300_000];

  it('waits longer each time, and gives up in the end', () => {
    expect(retryIn(1, delays, 0.5)).toBe(60_000);
    expect(retryIn(2, delays, 0.5)).toBe(300_000);
    expect(retryIn(3, delays, 0.5)).toBeNull();
  });

  it('spreads by a fifth either way', () => {
    expect(retryIn(1, delays, 0)).toBe(48_000);
    expect(retryIn(1, delays, 1)).toBe(72_000);
  });

  it('waits as long as the DSP asks, at most a day', () => {
    expect(retryIn(1, delays, 0.5, 120_000)).toBe(120_000);
    expect(retryIn(1, delays, 0.5, 1e12)).toBe(86_400_000);
    expect(retryIn(1, delays, 0.5, 10)).toBe(60_000);
  });
});
