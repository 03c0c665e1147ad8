import { startNameServer, waitFor, type NameServer } from '@tonegrid/testing';
import { newCaller, refusal, Sandbox } from './sandbox';
import { answer, type Subscriber } from './subscriber';

// As a deployment runs: private addresses are not allowed. Names are looked up with a name server of our own.
let names: NameServer;
let sandbox: Sandbox;
let inside: Subscriber;
beforeAll(async () => {
  names = await startNameServer();
  sandbox = await Sandbox.start({
    env: { ALLOW_PRIVATE_ADDRESSES: 'false', WEBHOOK_DNS_SERVERS: names.address, WEBHOOK_TIMEOUT_MS: '3000' },
  });
  inside = await sandbox.subscriber(answer(200, {}, 'what nobody outside may read'));
});
afterAll(async () => {
  await sandbox?.stop();
  await names?.close();
});

const port = () => new URL(inside.url).port;
const refused = 'The URL must not point to a private, loopback, link-local or otherwise special address.';
const create = (url: string) => sandbox.client.createWebhook(newCaller(), { name: 'inside', url, events: ['*'] });

test.each([
  'http://127.0.0.1',
  'http://127.1',
  'http://2130706433',
  'http://0x7f.1',
  'http://0177.0.0.01',
  'http://127.0.0.1.',
  'http://0',
  'http://[::1]',
  'http://[::ffff:127.0.0.1]',
  'http://[0:0:0:0:0:ffff:7f00:1]',
  'http://localhost',
  'http://x.localhost',
  'http://①②⑦.⓪.⓪.①',
  'http://169.254.169.254',
  'http://[fd00:ec2::254]',
  'http://100.100.100.200',
])('%s is refused as a URL', async (host) => {
  expect(await refusal(create(`${host}:${port()}/`))).toEqual([422, 'webhook.url_refused', refused, { url: [refused] }]);
});

test('a name that leads inside is refused, one that leads nowhere yet is taken, and an update is judged alike', async () => {
  names.names.set('inside.example', ['127.0.0.1']);
  names.names.set('partly.example', ['93.184.216.34', '10.0.0.7']);
  for (const name of ['inside.example', 'partly.example']) expect((await refusal(create(`http://${name}:${port()}/`)))[2]).toBe(refused);
  const caller = newCaller();
  const { uuid } = await sandbox.subscribe(caller, `http://later.example:${port()}/`);
  expect((await refusal(sandbox.client.updateWebhook(caller, { uuid, url: `http://inside.example:${port()}/` })))[2]).toBe(refused);
});

test('a name that leads outside when it is saved and inside when it is sent to (DNS rebinding) reaches nothing', async () => {
  names.names.set('rebound.example', ['93.184.216.34']);
  const caller = newCaller();
  const { uuid } = await sandbox.subscribe(caller, `http://rebound.example:${port()}/`);
  for (const addresses of [['127.0.0.1'], ['::1'], ['::ffff:7f00:1'], ['93.184.216.34', '127.0.0.1']]) {
    names.names.set('rebound.example', addresses);
    const eventId = await sandbox.tell(caller);
    const ended = await waitFor(
      async () => (await sandbox.log(caller, uuid, eventId)).find(({ errorMessage }) => errorMessage !== undefined),
      {
        timeout: 30_000,
        interval: 100,
        what: 'the end of an attempt',
      },
    );
    expect([addresses, ended]).toMatchObject([
      addresses,
      { status: 'failed', errorMessage: 'The host is at a private, loopback, link-local or otherwise special address.' },
    ]);
    expect(ended.responseBody).toBeUndefined();
  }
  await sandbox.client.deleteWebhook(caller, { uuid });
  expect(inside.receipts).toEqual([]);
});

test('a URL that was saved when the rules were others is judged again at each attempt', async () => {
  const caller = newCaller();
  const { uuid } = await sandbox.subscribe(caller, 'http://elsewhere.example/');
  await sandbox.data.system((tx) => tx.query('update webhooks set url = $2 where uuid = $1', [uuid, inside.url]));
  await sandbox.tell(caller);
  const [attempt] = await sandbox.settled(caller, uuid);
  expect(attempt).toMatchObject({ status: 'failed', errorMessage: refused });
  expect(inside.receipts).toEqual([]);
});

test('names whose server keeps silent do not delay what goes elsewhere', async () => {
  const caller = newCaller();
  for (let n = 0; n < 12; n += 1) {
    names.silent.add(`silent-${n}.example`);
    await sandbox.subscribe(caller, `http://silent-${n}.example/`, ['release.updated']);
  }
  const { uuid } = await sandbox.subscribe(caller, 'http://gone.example/', ['release.created']);
  await sandbox.tellAll(caller, [{ type: 'release.updated' }, { type: 'release.updated' }]);
  await waitFor(() => names.asked.filter((question) => question.startsWith('A silent')).length >= 12, {
    timeout: 30_000,
    what: 'questions for silent names',
  });
  const eventId = await sandbox.tell(caller);
  const ended = await waitFor(
    async () => (await sandbox.log(caller, uuid, eventId)).find(({ errorMessage }) => errorMessage !== undefined),
    {
      timeout: 30_000,
      interval: 50,
      what: 'the end of an attempt',
    },
  );
  expect(ended.errorMessage).toBe('The host name does not resolve.');
  // With getaddrinfo in libuv's four threads it would have waited for one of the silent ones to give up.
  expect(ended.durationMs).toBeLessThan(2_500);
});
