import { retryAfterSeconds } from './retry-after';

test('Retry-After is read as seconds and as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(retryAfterSeconds('120', now)).toBe(120);
  expect(retryAfterSeconds('Thu, 01 Jan 2026 00:05:00 GMT', now)).toBe(300);
  for (const nothing of [undefined, '', '-1', 'soon', '1e9', 'Wed, 31 Dec 2025 00:00:00 GMT'])
    expect(retryAfterSeconds(nothing, now)).toBe(0);
});
