import { crc32 } from 'node:zlib';
import { hasTokenForm, mintToken } from './token';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const numberOf = (digits: string): number => [...digits].reduce((sum, digit) => sum * 62 + base62.indexOf(digit), 0);

test('a token is its prefix, 40 characters of base 62, and their CRC-32 in 6 more', () => {
  const token = mintToken('tgk_');
  expect(token).toMatch(/^tgk_[0-9A-Za-z]{46}$/);
  expect(numberOf(token.slice(-6))).toBe(crc32(token.slice(0, -6)));
  expect(hasTokenForm(token, 'tgk_')).toBe(true);
});

test('its length can be chosen', () => {
  expect(mintToken('tgc_', 20)).toHaveLength(4 + 20 + 6);
  expect(hasTokenForm(mintToken('tgc_', 20), 'tgc_')).toBe(true);
});

test('no two are alike, and every character can stand at every place', () => {
  const tokens = Array.from({ length: 2000 }, () => mintToken('t_'));
  expect(new Set(tokens).size).toBe(2000);
  // A character misses one place in 2,000 tokens with a chance of 8e-15.
  for (const place of [2, 21, 41]) expect(new Set(tokens.map((token) => token[place])).size).toBe(62);
});

test('one character mistyped, or two swapped, is noticed wherever it is', () => {
  const token = mintToken('tgk_');
  for (let place = 0; place < token.length; place += 1) {
    const other = token[place] === 'a' ? 'b' : 'a';
    expect([place, hasTokenForm(token.slice(0, place) + other + token.slice(place + 1), 'tgk_')]).toEqual([place, false]);
    const next = token[place + 1];
    if (place < 4 || next === undefined || next === token[place]) continue;
    const swapped = token.slice(0, place) + next + token[place]! + token.slice(place + 2);
    expect([place, hasTokenForm(swapped, 'tgk_')]).toEqual([place, false]);
  }
});

test('the checksum covers the prefix: one kind of token does not pass for another', () => {
  const token = mintToken('tgr_');
  expect(hasTokenForm(`tgk_${token.slice(4)}`, 'tgk_')).toBe(false);
  expect(hasTokenForm(token, 'tgk_')).toBe(false);
});

const withChecksum = (body: string): string => {
  let value = crc32(body);
  let digits = '';
  for (let i = 0; i < 6; i += 1, value = Math.floor(value / 62)) digits = base62[value % 62]! + digits;
  return body + digits;
};

test('what is too short to be secret or too long to be ours is refused although its checksum is right', () => {
  expect(hasTokenForm(withChecksum(`tgk_${'a'.repeat(20)}`), 'tgk_')).toBe(true);
  expect(hasTokenForm(withChecksum(`tgk_${'a'.repeat(19)}`), 'tgk_')).toBe(false);
  expect(hasTokenForm(withChecksum('tgk_'), 'tgk_')).toBe(false);
  expect(hasTokenForm(withChecksum(`tgk_${'a'.repeat(118)}`), 'tgk_')).toBe(true);
  expect(hasTokenForm(withChecksum(`tgk_${'a'.repeat(119)}`), 'tgk_')).toBe(false);
  expect(hasTokenForm('', 'tgk_')).toBe(false);
});
