import { Refused } from '@tonegrid/errors';
import { parseAllowlist } from './ip-allowlist';

const problemOf = (entry: string): string | undefined => {
  try {
    parseAllowlist([entry]);
    return undefined;
  } catch (error) {
    return (error as Refused).fields?.['ip_allowlist.0']?.[0];
  }
};

describe('the address list of an API key', () => {
  it('keeps addresses and ranges in one spelling, each once', () => {
    expect(parseAllowlist(['203.0.113.7', '10.0.0.0/8', ' 2001:DB8:0::/32 ', '::1', '2001:db8::/32'])).toEqual([
      '203.0.113.7/32',
      '10.0.0.0/8',
      '2001:db8::/32',
      '::1/128',
    ]);
    expect(parseAllowlist(['0.0.0.0/0', '::/0'])).toEqual(['0.0.0.0/0', '::/0']);
  });

  it.each([
    '',
    'example.com',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '0x7f000001',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    'fe80::1%eth0',
    '10.0.0.0/',
  ])('refuses %p', (entry) => expect(problemOf(entry)).toBe('The ip_allowlist.0 must be an IPv4 or IPv6 address or CIDR range.'));

  it('says where a range that begins elsewhere should begin', () => {
    expect(problemOf('10.0.0.5/8')).toBe('The ip_allowlist.0 must begin at its first address: 10.0.0.0/8.');
    expect(problemOf('2001:db8::1/64')).toBe('The ip_allowlist.0 must begin at its first address: 2001:db8::/64.');
  });

  it('refuses an IPv4 address in IPv6 form, which no request would match', () => {
    expect(problemOf('::ffff:10.0.0.1')).toBe('The ip_allowlist.0 must be written as an IPv4 address or range.');
  });
});
