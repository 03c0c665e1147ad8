import { startNameServer, type NameServer } from '@tonegrid/testing';
import { dnsNames, isNameServer, type ResolveName } from './host-names';

let server: NameServer;
let resolve: ResolveName;
beforeAll(async () => {
  server = await startNameServer();
  resolve = dnsNames([server.address]);
});
afterAll(() => server.close());

test('a name leads to all its addresses, IPv4 first', async () => {
  server.names.set('both.example', ['2606:2800:220:1::1', '93.184.216.34', '93.184.216.35']);
  expect(await resolve('both.example')).toEqual([
    { address: '93.184.216.34', family: 4 },
    { address: '93.184.216.35', family: 4 },
    { address: '2606:2800:220:1::1', family: 6 },
  ]);
});

test('one family is enough', async () => {
  server.names.set('old.example', ['93.184.216.34']);
  server.names.set('new.example', ['2606:2800:220:1::1']);
  expect(await resolve('old.example')).toEqual([{ address: '93.184.216.34', family: 4 }]);
  expect(await resolve('new.example')).toEqual([{ address: '2606:2800:220:1::1', family: 6 }]);
});

test('a name that does not exist, or has no address, is told apart from a server that does not answer', async () => {
  await expect(resolve('missing.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  server.names.set('empty.example', []);
  await expect(resolve('empty.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  const nowhere = dnsNames(['127.0.0.1:9']);
  await expect(nowhere('any.example')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
});

test('names that a server keeps waiting for do not delay others', async () => {
  const silent = Array.from({ length: 16 }, (_, n) => `silent-${n}.example`);
  silent.forEach((name) => server.silent.add(name));
  const waiting = silent.map((name) => resolve(name).catch((error: Error) => error));
  server.names.set('quick.example', ['93.184.216.34']);
  const first = await Promise.race([resolve('quick.example').then(() => 'quick'), Promise.any(waiting).then(() => 'silent')]);
  expect(first).toBe('quick');
  await Promise.all(waiting);
}, 30_000);

test('what can be a name server', () => {
  expect(['192.0.2.53', '192.0.2.53:5353', '2001:db8::53', '[2001:db8::53]:5353'].map(isNameServer)).toEqual([true, true, true, true]);
  expect(['', 'dns.example', '192.0.2.256', '192.0.2.53:port'].map(isNameServer)).toEqual([false, false, false, false]);
});
