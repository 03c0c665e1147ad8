import { RetryBudget } from './retry-budget';

const retriesOf = (budget: RetryBudget, failures: number) =>
  Array.from({ length: failures }, () => budget.mayRetry()).filter(Boolean).length;

test('a burst of failures is sent again, a peer that stays away is not', () => {
  const budget = new RetryBudget();
  expect(retriesOf(budget, 99)).toBe(99);
  expect(retriesOf(budget, 10_000)).toBe(0);
});

test('after a long absence retries come back with successes, and slowly', () => {
  const budget = new RetryBudget();
  retriesOf(budget, 10_000);
  for (let n = 0; n < 1_000; n += 1) budget.succeeded();
  expect(retriesOf(budget, 1)).toBe(0);
  for (let n = 0; n < 2_000; n += 1) budget.succeeded();
  expect(retriesOf(budget, 1_000)).toBe(99);
});

/** How many of 20,000 calls are sent again when one of `n` fails. */
function retriedOfOneIn(n: number): number {
  const budget = new RetryBudget();
  let retried = 0;
  for (let call = 1; call <= 20_000; call += 1) {
    if (call % n > 0) budget.succeeded();
    else if (budget.mayRetry()) retried += 1;
  }
  return retried;
}

test('while fewer than one call in eleven fails, each is sent again; with more, hardly any', () => {
  expect(retriedOfOneIn(12)).toBe(Math.floor(20_000 / 12));
  expect(retriedOfOneIn(2)).toBeLessThan(200);
});
