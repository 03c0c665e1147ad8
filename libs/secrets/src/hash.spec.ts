import crypto from 'node:crypto';
import { equalHashes, hashSecret } from './hash';

test('the hash of a secret is its SHA-256 in hexadecimal (FIPS 180-4, example "abc")', () => {
  expect(hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('a hash equals itself, in capitals too, and no other', () => {
  const hash = hashSecret('tgk_one');
  expect(equalHashes(hash, hashSecret('tgk_one'))).toBe(true);
  expect(equalHashes(hash, hash.toUpperCase())).toBe(true);
  expect(equalHashes(hash, hashSecret('tgk_two'))).toBe(false);
  for (const place of [0, 31, 63]) {
    const other = hash[place] === '0' ? '1' : '0';
    expect(equalHashes(hash, hash.slice(0, place) + other + hash.slice(place + 1))).toBe(false);
  }
});

test.each([
  ['nothing', ''],
  ['a digest that is too short', 'ab'.repeat(31)],
  ['a digest that is too long', 'ab'.repeat(33)],
  ['half a byte too much', `${'ab'.repeat(32)}a`],
  ['text that is not hexadecimal', 'zz'.repeat(32)],
])('%s equals nothing, not even itself', (_name, text) => {
  expect(equalHashes(text, text)).toBe(false);
  expect(equalHashes(text, 'ab'.repeat(32))).toBe(false);
  expect(equalHashes('ab'.repeat(32), text)).toBe(false);
});

test('digests that differ only behind a wrong character are not alike', () => {
  const begin = 'ab'.repeat(31);
  expect(equalHashes(`${begin}zy`, `${begin}zx`)).toBe(false);
});

test('two digests are compared by crypto.timingSafeEqual, whose time does not tell where they differ', () => {
  const compare = jest.spyOn(crypto, 'timingSafeEqual');
  try {
    equalHashes(hashSecret('a'), hashSecret('b'));
    expect(compare).toHaveBeenCalledTimes(1);
    const [left, right] = compare.mock.calls[0]!;
    expect([left.byteLength, right.byteLength]).toEqual([32, 32]);
  } finally {
    compare.mockRestore();
  }
});
