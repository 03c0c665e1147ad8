import { readConfig } from '@tonegrid/service';
import { config } from './config';

const parts = { rpc: false, database: false, events: false, peers: [] };
const read = (env: Record<string, string> = {}) =>
  readConfig(config, parts, { TONEGRID_ENV: 'sandbox', DSPS_FILE: 'deploy/dsps.yaml', ...env });

test('what is left out has a safe value', () => {
  expect(read()).toMatchObject({
    ALLOW_PRIVATE_ADDRESSES: false,
    WEBHOOK_TIMEOUT_MS: 10_000,
    WEBHOOK_IN_FLIGHT: 64,
    WEBHOOK_IN_FLIGHT_PER_ENDPOINT: 8,
    WEBHOOK_RETENTION_DAYS: 30,
  });
  expect(read().WEBHOOK_DNS_SERVERS).toBeUndefined();
});

test('what is wrong is refused by its name', () => {
  expect(() => read({ DSPS_FILE: '' })).toThrow('DSPS_FILE is required');
  for (const wrong of ['soon', '60,,300', '-1', '999999999', '1e9'])
    expect(() => read({ WEBHOOK_RETRY_SECONDS: wrong })).toThrow('WEBHOOK_RETRY_SECONDS: must be seconds separated by commas');
  for (const wrong of ['dns.example', '192.0.2.53,', '192.0.2.53:x'])
    expect(() => read({ WEBHOOK_DNS_SERVERS: wrong })).toThrow('WEBHOOK_DNS_SERVERS: must be IP addresses');
  expect(() => read({ WEBHOOK_TIMEOUT_MS: '5' })).toThrow('WEBHOOK_TIMEOUT_MS');
  expect(() => read({ ALLOW_PRIVATE_ADDRESSES: 'yes' })).toThrow('ALLOW_PRIVATE_ADDRESSES');
});

test('name servers may have a port', () => {
  expect(read({ WEBHOOK_DNS_SERVERS: '192.0.2.53, [2001:db8::53]:5353' }).WEBHOOK_DNS_SERVERS).toEqual([
    '192.0.2.53',
    '[2001:db8::53]:5353',
  ]);
});
