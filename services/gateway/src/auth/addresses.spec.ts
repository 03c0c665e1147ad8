import { AddressList, isRange, networkOf } from './addresses';

describe('a list of addresses', () => {
  const list = new AddressList(['203.0.113.7', '198.51.100.0/24', '2001:db8:1::/48', '::ffff:10.0.0.0/104', '::1']);

  it.each([
    ['203.0.113.7', true],
    ['203.0.113.8', false],
    ['198.51.100.255', true],
    ['198.51.101.0', false],
    ['::ffff:203.0.113.7', true],
    ['::ffff:cb00:7107', true],
    ['::ffff:c633:6501', false],
    ['2001:db8:1:ffff::1', true],
    ['2001:0DB8:0001:0000::0001', true],
    ['2001:db8:2::1', false],
    ['10.255.0.1', true],
    ['11.0.0.1', false],
    ['::1', true],
    ['::1%lo', true],
    ['0:0:0:0:0:0:0:1', true],
    ['127.0.0.1', false],
    ['unknown', false],
    ['', false],
    ['203.0.113.7, 1.2.3.4', false],
    ['3405803783', false],
    ['0xcb007107', false],
    ['203.0.113.07', false],
  ])('has %s: %s', (address, has) => expect(list.has(address)).toBe(has));

  it('takes everything by 0.0.0.0/0 in its family only', () => {
    const all = new AddressList(['0.0.0.0/0']);
    expect([all.has('8.8.8.8'), all.has('::ffff:8.8.8.8'), all.has('2001:db8::1')]).toEqual([true, true, false]);
  });

  it('of nothing but nonsense has nobody', () => expect(new AddressList(['nonsense', '10.0.0.0/33']).has('10.0.0.1')).toBe(false));
});

it.each([
  ['10.0.0.0/8', true],
  ['10.0.0.1', true],
  ['2001:db8::/32', true],
  ['::/0', true],
  ['10.0.0.0/33', false],
  ['::/129', false],
  ['10.0.0/8', false],
  ['10.0.0.0/8/8', false],
  ['10.0.0.0/', false],
  ['10.0.0.0/-1', false],
  ['example.com', false],
  ['', false],
])('%s is a range: %s', (text, is) => expect(isRange(text)).toBe(is));

it('IPv6 senders are counted by their network', () => {
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:db8:1:2::'));
  expect(networkOf('2001:db8:1:2::')).not.toBe(networkOf('2001:db8:1:3::'));
  expect(networkOf('::ffff:127.0.0.1')).toBe('127.0.0.1');
});
