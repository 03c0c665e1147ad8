import { randomBytes } from 'node:crypto';
import { Vault } from './vault';

const key = randomBytes(32);
const vault = new Vault(key.toString('base64'));

test.each([
  ['text', 'whsec_s3cret Ọ̀nà 🌍'],
  ['nothing', ''],
  ['a megabyte', 'x'.repeat(1_000_000)],
])('%s comes out as it went in', (_name, secret) => {
  expect(vault.open(vault.seal(secret, 'webhook:1'), 'webhook:1').toString()).toBe(secret);
});

test('bytes come out as they went in', () => {
  const bytes = randomBytes(1000);
  expect(vault.open(vault.seal(bytes, 'answer'), 'answer').equals(bytes)).toBe(true);
  expect(vault.open(new Uint8Array(vault.seal(bytes, 'answer')), 'answer').equals(bytes)).toBe(true);
});

test('a sealed value shows nothing of its secret, and the same secret is sealed differently each time', () => {
  const sealed = Array.from({ length: 50 }, () => vault.seal('the same secret', 'row'));
  for (const each of sealed) expect(each.includes('secret')).toBe(false);
  // The nonce must never repeat under one key (SP 800-38D, section 8).
  expect(new Set(sealed.map((each) => each.subarray(1, 13).toString('hex'))).size).toBe(50);
  expect(new Set(sealed.map((each) => each.subarray(29).toString('hex'))).size).toBe(50);
});

test('a change of any bit of any byte is noticed', () => {
  const sealed = vault.seal('a secret', 'row');
  expect(sealed).toHaveLength(1 + 12 + 16 + 8);
  for (let place = 0; place < sealed.length; place += 1) {
    const altered = Buffer.from(sealed);
    altered[place] = altered[place]! ^ (1 << (place % 8));
    expect(() => vault.open(altered, 'row')).toThrow();
  }
});

test('a value that is cut or continued is noticed', () => {
  const sealed = vault.seal('a secret', 'row');
  for (let length = 0; length < sealed.length; length += 1) expect(() => vault.open(sealed.subarray(0, length), 'row')).toThrow();
  expect(() => vault.open(Buffer.concat([sealed, Buffer.of(0)]), 'row')).toThrow();
});

test('a value opens in its own context only: it cannot be moved to another row', () => {
  const sealed = vault.seal('a secret', 'webhook:1');
  for (const context of ['webhook:2', 'webhook:', 'webhook:1 ', '']) expect(() => vault.open(sealed, context)).toThrow();
  expect(vault.open(sealed, 'webhook:1').toString()).toBe('a secret');
});

test('a value does not open under another key', () => {
  const sealed = vault.seal('a secret', 'row');
  expect(() => new Vault(randomBytes(32).toString('base64')).open(sealed, 'row')).toThrow();
});

test('a value of another version is refused before anything is decrypted', () => {
  const sealed = vault.seal('a secret', 'row');
  sealed[0] = 2;
  expect(() => vault.open(sealed, 'row')).toThrow('not a sealed value');
});

describe('a key', () => {
  // 0xfb and 0xff give the two characters in which base64 and base64url differ.
  const bytes = Buffer.alloc(32, Buffer.of(0xfb, 0xff));
  const forms = [
    bytes.toString('base64'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    `${bytes.toString('base64url')}=`,
  ];

  test('is 32 bytes in base64 or base64url, padded or not: all forms are one key', () => {
    const sealed = new Vault(forms[0]!).seal('a secret', 'row');
    for (const form of forms) {
      expect([form, Vault.accepts(form)]).toEqual([form, true]);
      expect(new Vault(form).open(sealed, 'row').toString()).toBe('a secret');
    }
  });

  test.each([
    ['nothing', ''],
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['hexadecimal', randomBytes(32).toString('hex')],
    ['a blank at its end', `${forms[0]} `],
    ['a line break in its middle', `${forms[0]!.slice(0, 20)}\n${forms[0]!.slice(20)}`],
    ['padding in its middle', `${forms[0]!.slice(0, 20)}=${forms[0]!.slice(20)}`],
    ['another alphabet', `${'*'.repeat(43)}=`],
  ])('of another form is refused, and not shown: %s', (_name, form) => {
    expect(Vault.accepts(form)).toBe(false);
    expect(() => new Vault(form)).toThrow(/^ENCRYPTION_KEY must be 32 bytes in base64$/);
  });
});
