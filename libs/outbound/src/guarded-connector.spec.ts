import { createServer, isIP, type AddressInfo, type Server } from 'node:net';
import { AddressRefused, guardedConnector } from './guarded-connector';
import type { ResolveName } from './host-names';

let server: Server;
let port: string;
let connections = 0;
beforeAll(async () => {
  server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = String((server.address() as AddressInfo).port);
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const strict = { httpsOnly: false, privateAllowed: false };
const answering =
  (...addresses: string[]): ResolveName =>
  async () =>
    addresses.map((address) => ({ address, family: isIP(address) }));

/** The error that connecting ends with; null when it connects. */
const connecting = (hostname: string, { resolve = answering(), protocol = 'http:', rules = strict, isAllowed = undefined as Judge } = {}) =>
  new Promise<Error | null>((done) => {
    const target = { hostname, host: `${hostname}:${port}`, port, protocol };
    guardedConnector(
      rules,
      5_000,
      resolve,
      isAllowed,
    )(target, (...[error, socket]) => {
      socket?.destroy();
      done(error);
    });
  });
type Judge = ((address: string) => boolean) | undefined;

// What passes a URL's own judge, should that ever be forgotten: Node asks no resolver for a literal.
test.each(['127.0.0.1', '::1', '[::1]', '::ffff:127.0.0.1', '169.254.169.254', '10.0.0.1'])(
  'no connection to the literal %s',
  async (literal) => {
    for (const protocol of ['http:', 'https:'])
      expect(await connecting(literal, { resolve: answering('93.184.216.34'), protocol })).toBeInstanceOf(AddressRefused);
    expect(connections).toBe(0);
  },
);

test('no connection to a name with any address that is not public', async () => {
  for (const addresses of [['127.0.0.1'], ['::1'], ['93.184.216.34', '127.0.0.1'], ['::ffff:127.0.0.1'], []])
    expect([addresses, await connecting('hooks.example', { resolve: answering(...addresses) })]).toEqual([
      addresses,
      expect.any(AddressRefused),
    ]);
  expect(connections).toBe(0);
});

test('a name is asked for once a connection: what it answers later does not matter', async () => {
  const answers = [['127.0.0.1'], ['93.184.216.34']];
  let asked = 0;
  const rebinding: ResolveName = async (host) => answering(...answers[asked++]!)(host);
  expect(await connecting('hooks.example', { resolve: rebinding })).toBeInstanceOf(AddressRefused);
  expect(asked).toBe(1);
});

test('it connects to the addresses that were judged, the second if the first does not answer', async () => {
  const isAllowed = (address: string) => address.startsWith('127.');
  expect(await connecting('hooks.example', { resolve: answering('127.0.0.1'), isAllowed })).toBeNull();
  // Nobody listens on the second address of loopback.
  expect(await connecting('hooks.example', { resolve: answering('127.0.0.2', '127.0.0.1'), isAllowed })).toBeNull();
  expect(await connecting('hooks.example', { resolve: answering('127.0.0.2'), isAllowed })).toMatchObject({ code: 'ECONNREFUSED' });
});

test('where the socket ends is judged once more', async () => {
  const before = connections;
  let asked = 0;
  const isAllowed = () => (asked += 1) === 1;
  expect(await connecting('hooks.example', { resolve: answering('127.0.0.1'), isAllowed })).toBeInstanceOf(AddressRefused);
  expect(connections - before).toBeLessThanOrEqual(1);
});

test('where private addresses are allowed it connects', async () => {
  expect(await connecting('127.0.0.1', { rules: { httpsOnly: false, privateAllowed: true } })).toBeNull();
});
