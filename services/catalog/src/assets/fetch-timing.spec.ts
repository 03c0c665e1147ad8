import { fetchTiming, secondsAfter } from './fetch-timing';

const production = fetchTiming({ TONEGRID_ENV: 'production' });

test('eight attempts, with pauses that grow, over some hours', () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 8].map((failures) => secondsAfter(failures, 0, production));
  expect(pauses).toEqual([60, 300, 900, 1800, 3600, 7200, 14_400, undefined]);
});

test('Retry-After delays, never hastens, and not beyond half a day', () => {
  expect(secondsAfter(1, 600, production)).toBe(600);
  expect(secondsAfter(3, 600, production)).toBe(900);
  expect(secondsAfter(1, 1e9, production)).toBe(43_200);
  expect(secondsAfter(8, 600, production)).toBeUndefined();
});

test('the sandbox does it while one watches', () => {
  const sandbox = fetchTiming({ TONEGRID_ENV: 'sandbox' });
  expect(sandbox.retrySeconds).toHaveLength(production.retrySeconds.length);
  expect(sandbox.retrySeconds.reduce((sum, seconds) => sum + seconds)).toBeLessThan(180);
});
