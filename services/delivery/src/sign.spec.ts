import { isSigned, sign } from './sign';

describe('a signed body', () => {
  const body = Buffer.from('{"status":"live"}');
  const now = new Date('2026-05-18T12:00:00Z');
  const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);

  it('is known by its signature for five minutes', () => {
    const header = sign('key', body, now);
    expect(isSigned(header, 'key', body, now)).toBe(true);
    expect(isSigned(header, 'key', body, later(300))).toBe(true);
    expect(isSigned(header, 'key', body, later(301))).toBe(false);
    expect(isSigned(header, 'key', body, later(-301))).toBe(false);
  });

  it('is refused with another key, another body, another time or no signature', () => {
    const header = sign('key', body, now);
    expect(isSigned(header, 'other', body, now)).toBe(false);
    expect(isSigned(header, 'key', Buffer.from('{"status":"rejected"}'), now)).toBe(false);
    expect(isSigned(header.replace(/t=\d+/, `t=${now.getTime() / 1000 + 1}`), 'key', body, now)).toBe(false);
    for (const wrong of [undefined, '', 't=1', 'v1=00', `t=x,v1=${'0'.repeat(64)}`, header.toUpperCase()]) {
      expect(isSigned(wrong, 'key', body, now)).toBe(false);
    }
  });

  it('may carry a second signature while a key is changed', () => {
    const [, second] = sign('new', body, now).split(',');
    expect(isSigned(`${sign('old', body, now)},${second}`, 'new', body, now)).toBe(true);
  });
});
