import { isIP } from 'node:net';
import { NameUnresolved, type ResolveName } from './host-names';
import { targetProblem, urlProblem } from './target';

const strict = { httpsOnly: false, privateAllowed: false };

describe('an address that is not public is refused in every spelling', () => {
  test.each([
    'http://127.0.0.1/',
    'http://127.0.0.1:8080/hook',
    'http://127.1/',
    'http://127.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0x0.0x0.0x1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.0.0.1./',
    'http://0/',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://10.1.2.3/',
    'http://192.168.0.1/',
    'http://%31%32%37.0.0.1/',
    'http://①②⑦.⓪.⓪.①/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://api.localhost/',
  ])('%s', (url) => expect(urlProblem(url, strict)).toMatch(/private, loopback/));
});

test.each(['https://example.com/tonegrid/webhook', 'http://93.184.216.34:8443/', 'https://[2606:2800:220:1:248:1893:25c8:1946]/'])(
  '%s is taken',
  (url) => expect(urlProblem(url, strict)).toBeUndefined(),
);

test('other schemes, credentials and nonsense are refused', () => {
  expect(urlProblem('ftp://example.com/', strict)).toBe('must begin with http:// or https://');
  expect(urlProblem('https://user:word@example.com/', strict)).toBe('must not contain a user name or password');
  expect(urlProblem('example.com', strict)).toBe('is not valid');
});

test('production takes https alone', () => {
  const rules = { httpsOnly: true, privateAllowed: false };
  expect(urlProblem('http://example.com/', rules)).toBe('must begin with https://');
  expect(urlProblem('https://example.com/', rules)).toBeUndefined();
});

const answering =
  (...addresses: string[]): ResolveName =>
  async () =>
    addresses.map((address) => ({ address, family: isIP(address) }));
const unknown: ResolveName = async (host) => {
  throw new NameUnresolved('ENOTFOUND', host);
};

test('private addresses are taken where they are allowed', async () => {
  expect(await targetProblem('http://127.0.0.1:9999/', { httpsOnly: false, privateAllowed: true }, unknown)).toBeUndefined();
});

test('a name that leads to a private address is refused, also when it leads to a public one too', async () => {
  expect(await targetProblem('http://hooks.example/', strict, answering('10.0.0.1'))).toMatch(/private/);
  expect(await targetProblem('http://hooks.example/', strict, answering('93.184.216.34', '::1'))).toMatch(/private/);
  expect(await targetProblem('http://hooks.example/', strict, answering('93.184.216.34'))).toBeUndefined();
});

test('a name that leads nowhere yet, or whose name server is silent, is taken: each attempt asks again', async () => {
  expect(await targetProblem('http://hooks.example/', strict, unknown)).toBeUndefined();
  expect(await targetProblem('http://hooks.example/', strict, () => new Promise(() => undefined))).toBeUndefined();
});
