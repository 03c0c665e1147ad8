import { readConfig } from '@tonegrid/service';
import { config } from '../config';
import { delayAfter, retryAfterSeconds } from './retry-schedule';

const documented = readConfig(
  config,
  { rpc: false, database: false, events: false, peers: [] },
  { TONEGRID_ENV: 'sandbox', DSPS_FILE: 'deploy/dsps.yaml' },
).WEBHOOK_RETRY_SECONDS;

test('a delivery is retried eight times, after 1m 5m 15m 1h 3h 8h 24h 48h, and is dead then', () => {
  const minute = 60;
  const hour = 60 * minute;
  expect([0, 1, 2, 3, 4, 5, 6, 7, 8].map((count) => delayAfter(count, documented))).toEqual([
    minute, 5 * minute, 15 * minute, hour, 3 * hour, 8 * hour, 24 * hour, 48 * hour, undefined,
  ]); // prettier-ignore
});

test('Retry-After delays, never hastens, and not beyond a day', () => {
  expect(delayAfter(0, documented, 600)).toBe(600);
  expect(delayAfter(2, documented, 600)).toBe(900);
  expect(delayAfter(0, documented, 10_000_000)).toBe(86_400);
  expect(delayAfter(8, documented, 600)).toBeUndefined();
});

test('Retry-After is read as seconds and as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(retryAfterSeconds('120', now)).toBe(120);
  expect(retryAfterSeconds('Thu, 01 Jan 2026 00:05:00 GMT', now)).toBe(300);
  for (const nothing of [undefined, '', '-1', 'soon', '1e9', 'Wed, 31 Dec 2025 00:00:00 GMT'])
    expect(retryAfterSeconds(nothing, now)).toBe(0);
});
