// What the benches share: medians, interleaved rounds, load over HTTP.
import { createRequire } from 'node:module';

const autocannon = createRequire(import.meta.url)('autocannon');

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length % 2 === 1 ? sorted[(sorted.length - 1) / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
};

export const percentile = (numbers, part) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];

const round = (number, digits = 2) => Number(number.toFixed(digits));

/** Runs ours and bare in turns, so that a drift of the machine's speed meets both; answers the results of each, round by round. */
export async function interleave(rounds, ours, bare) {
  const results = { ours: [], bare: [] };
  for (let n = 0; n < rounds; n += 1) {
    results.bare.push(await bare());
    results.ours.push(await ours());
  }
  return results;
}

/** One figure beside its baseline. `ratio` is the median of the rounds' ratios. */
export function figure(name, unit, results, of, goal) {
  const ours = results.ours.map(of);
  const bare = results.bare.map(of);
  const ratio = round(median(ours.map((value, n) => value / bare[n])), 3);
  return { name, unit, ours: round(median(ours)), bare: round(median(bare)), ratio, goal: goal.text, reached: goal.holds(ratio) };
}

/** A figure that has a bound of its own and no baseline. */
export const plain = (name, unit, value, most) => ({
  name,
  unit,
  ours: round(value),
  bare: '',
  ratio: '',
  goal: `≤ ${most} ${unit}`,
  reached: value <= most,
});

export const atLeast = (limit) => ({ text: `≥ ${limit}`, holds: (ratio) => ratio >= limit });
export const atMost = (limit) => ({ text: `≤ ${limit}`, holds: (ratio) => ratio <= limit });

/** Load on a URL for some seconds: requests a second, latency p99 in milliseconds. Anything but 2xx ends the bench. */
export async function load(options) {
  const result = await autocannon({ duration: 5, ...options });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${options.url}: ${result.non2xx} answers were not 2xx, ${result.errors} failed`);
  if (result.requests.total === 0) throw new Error(`${options.url}: nothing was answered`);
  return { rate: result.requests.total / result.duration, p99: result.latency.p99 };
}
