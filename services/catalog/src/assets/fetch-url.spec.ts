import { randomBytes } from 'node:crypto';
import { Vault } from '@tonegrid/secrets';
import { fileNameOf, openUrl, sealUrl } from './fetch-url';

test('a file is named by the last part of the path, never by the query', () => {
  expect(fileNameOf('https://files.example/a/01%20Opening.wav?X-Amz-Signature=secret')).toBe('01 Opening.wav');
  expect(fileNameOf('https://files.example/?file=secret')).toBe('files.example');
  expect(fileNameOf('https://files.example/%ff%00.wav')).toBe('%ff%00.wav');
  expect(fileNameOf('https://files.example/a%00b')).toBe('a\uFFFDb');
  expect(fileNameOf(`https://files.example/${'x'.repeat(2000)}`)).toHaveLength(255);
});

test('a URL opens in its own row only, and nothing of it shows', () => {
  const vault = new Vault(randomBytes(32).toString('base64'));
  const url = 'https://files.example/a.wav?X-Amz-Signature=secret';
  const sealed = sealUrl(vault, url, 'one');
  expect(openUrl(vault, sealed, 'one')).toBe(url);
  expect(() => openUrl(vault, sealed, 'another')).toThrow();
  expect(sealed.includes('secret')).toBe(false);
});
