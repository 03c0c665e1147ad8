import { pauseAfter, slowdownAfter } from './guessing';
import { networkOf } from './network';

describe('guessing a password', () => {
  it('costs nothing four times, then twice as long each time, a quarter of an hour at most', () => {
    expect([1, 4, 5, 6, 7, 10, 14, 15, 1_000].map(pauseAfter)).toEqual([0, 0, 1, 2, 4, 32, 512, 900, 900]);
  });

  it('from many networks holds attempts from unknown ones back by seconds, never for good', () => {
    expect([1, 20, 21, 30, 45, 60, 1_000_000].map(slowdownAfter)).toEqual([0, 0, 250, 500, 1_000, 3_000, 3_000]);
  });

  it('counts an IPv4 address for itself and an IPv6 address with its /64', () => {
    expect(networkOf('203.0.113.7')).toBe('203.0.113.7');
    expect(networkOf('::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(networkOf('2001:db8:1:2::1')).toBe('2001:db8:1:2::/64');
    expect([networkOf(''), networkOf(undefined), networkOf('elsewhere')]).toEqual(['unknown', 'unknown', 'unknown']);
  });
});
