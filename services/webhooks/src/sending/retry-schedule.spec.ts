import { readConfig } from '@tonegrid/service';
import { config } from '../config';
import { delayAfter } from './retry-schedule';

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
