import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { freePort, waitFor } from '@tonegrid/testing';
import { selfSigned } from './certificate';
import { newCaller, Sandbox } from './sandbox';
import { answer } from './subscriber';

const folder = mkdtempSync(join(tmpdir(), 'tonegrid-webhooks-'));
const trusted = selfSigned('127.0.0.1');
const schedule = [0.3, 0.1, 0.4, 0.1, 0.5, 0.1, 0.2, 0.6];
const timeoutMs = 3_000;
let sandbox: Sandbox;
beforeAll(async () => {
  writeFileSync(join(folder, 'ca.pem'), trusted.cert);
  sandbox = await Sandbox.start({
    env: { WEBHOOK_RETRY_SECONDS: schedule.join(), WEBHOOK_TIMEOUT_MS: String(timeoutMs), NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
  });
});
afterAll(async () => {
  await sandbox?.stop();
  for (const server of raw) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const raw: Server[] = [];
/** A server that is less than HTTP. */
async function startRaw(onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  raw.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** The first attempt that has ended at an event that is sent to a URL: its code, error and status. */
async function firstAttempt(url: string) {
  const caller = newCaller();
  const { uuid } = await sandbox.subscribe(caller, url);
  await sandbox.tell(caller);
  const ended = await waitFor(async () => (await sandbox.log(caller, uuid)).find(({ status }) => !['queued', 'sending'].includes(status)), {
    timeout: 30_000,
    interval: 100,
    what: 'the end of an attempt',
  });
  await sandbox.client.deleteWebhook(caller, { uuid });
  return ended;
}

test('a delivery is tried nine times by the schedule and is dead then; each attempt has its own id, all have one event', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber(answer(500, {}, 'out of order\0'));
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  const eventId = await sandbox.tell(caller);
  const log = await sandbox.settled(caller, uuid);
  expect(log.map(({ status, retryCount }) => [retryCount, status])).toEqual([...schedule.map((_, n) => [n, 'failed']), [8, 'dead']]);
  for (const attempt of log) {
    expect(attempt).toMatchObject({
      eventId,
      responseCode: 500,
      errorMessage: 'Answered with status 500.',
      responseBody: 'out of order\uFFFD',
    });
  }
  log.slice(1).forEach((attempt, n) => {
    const before = log[n]!;
    const waited = timestampMs(attempt.scheduledAt!) - timestampMs(before.attemptedAt!) - before.durationMs!;
    expect(waited).toBeGreaterThanOrEqual(schedule[n]! * 1000 - 5);
    expect(timestampMs(attempt.attemptedAt!)).toBeGreaterThanOrEqual(timestampMs(attempt.scheduledAt!));
  });
  expect(subscriber.receipts.map(({ deliveryId }) => deliveryId)).toEqual(log.map(({ id }) => id));
  expect(new Set(log.map(({ id }) => id)).size).toBe(9);
  expect(new Set(subscriber.receipts.map((receipt) => receipt.raw)).size).toBe(1);

  // Dead is not the end: by hand it goes out once more.
  subscriber.behaviour = answer(200);
  await sandbox.client.redeliverWebhook(caller, { uuid, id: log.at(-1)!.id });
  expect((await sandbox.settled(caller, uuid)).at(-1)).toMatchObject({ eventId, status: 'succeeded', retryCount: 0 });
});

test('500, then 200: one retry, which succeeds', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber((response, _, n) => void response.writeHead(n === 0 ? 500 : 200).end());
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  await sandbox.tell(caller);
  expect((await sandbox.settled(caller, uuid)).map(({ status, retryCount }) => [status, retryCount])).toEqual([
    ['failed', 0],
    ['succeeded', 1],
  ]);
  expect(subscriber.receipts).toHaveLength(2);
});

test('a failed event does not hold up later ones of its release', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber(
    (response, { event }) => void response.writeHead(event === 'release.submitted' ? 500 : 200).end(),
  );
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  const subject = 'c0ffee00-0000-4000-8000-000000000001';
  await sandbox.tellAll(
    caller,
    ['release.created', 'release.submitted', 'release.approved'].map((type) => ({ type, subject })),
  );
  const log = await sandbox.settled(caller, uuid);
  expect(log.find(({ event }) => event === 'release.approved')).toMatchObject({ status: 'succeeded', retryCount: 0 });
  expect(log.filter(({ event }) => event === 'release.submitted').at(-1)!.status).toBe('dead');
});

test('Retry-After of a 503 is heeded where it asks for longer than the schedule', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber(
    (response, _, n) => void (n === 0 ? response.writeHead(503, { 'retry-after': '2' }).end() : response.end()),
  );
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  await sandbox.tell(caller);
  const [first, second] = await sandbox.settled(caller, uuid);
  expect(timestampMs(second!.scheduledAt!) - timestampMs(first!.attemptedAt!)).toBeGreaterThanOrEqual(2_000);
});

test.each([301, 302, 303, 307, 308])('a redirect is not followed: %d', async (status) => {
  const elsewhere = await sandbox.subscriber();
  const subscriber = await sandbox.subscriber(answer(status, { location: elsewhere.url }));
  expect(await firstAttempt(subscriber.url)).toMatchObject({
    status: 'failed',
    responseCode: status,
    errorMessage: `Answered with status ${status}: redirects are not followed.`,
  });
  expect(elsewhere.receipts).toEqual([]);
});

test('TLS: a certificate that is not trusted, or of another host, is refused before anything is sent', async () => {
  const own = await sandbox.subscriber(answer(200), selfSigned('127.0.0.1'));
  expect((await firstAttempt(own.url)).errorMessage).toMatch(/^The TLS certificate is not accepted: self-signed certificate/);
  const known = await sandbox.subscriber(answer(200), trusted);
  expect((await firstAttempt(known.url.replace('127.0.0.1', 'localhost'))).errorMessage).toMatch(
    /^The TLS certificate is not accepted: Hostname\/IP does not match certificate's altnames/,
  );
  expect([own.receipts, known.receipts]).toEqual([[], []]);
  expect(await firstAttempt(known.url)).toMatchObject({ status: 'succeeded', responseCode: 200 });
  const plain = await sandbox.subscriber();
  expect((await firstAttempt(plain.url.replace('http:', 'https:'))).errorMessage).toBe('The TLS handshake failed.');
});

describe('what a hostile or broken subscriber does is an entry in the log, and nothing more', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const once = (socket: Socket, then: () => void) => void socket.once('data', then);
  const cut = /^failed - The connection was (reset|closed before an answer came)\.$/;
  const subscribers: Record<string, { does: (socket: Socket) => void; ends: RegExp | string }> = {
    'resets the connection': { does: (socket) => void socket.resetAndDestroy(), ends: cut },
    'closes it': { does: (socket) => once(socket, () => socket.end()), ends: cut },
    'says nothing': { does: () => undefined, ends: 'failed - No answer within 3 seconds.' },
    'drips its answer': {
      does: (socket) => drip(socket, `${head}content-length: 0\r\n\r\n`),
      ends: 'failed - No answer within 3 seconds.',
    },
    'speaks no HTTP': { does: (socket) => void socket.write('220 mail.example ESMTP\r\n'), ends: 'failed - The answer is not valid HTTP.' },
    'sends headers without end': {
      does: (socket) => endless(socket, `${head}x-filler: `),
      ends: 'failed - The headers of the answer are too large.',
    },
    'answers 100 for ever': { does: (socket) => endless(socket, '', 'HTTP/1.1 100 Continue\r\n\r\n'), ends: /^failed - / },
    'sends a body without end': {
      does: (socket) => endless(socket, `${head}transfer-encoding: chunked\r\n\r\n`, `ff\r\n${'x'.repeat(255)}\r\n`),
      ends: 'succeeded 200 2000 characters',
    },
    'stops within its body': {
      does: (socket) => once(socket, () => socket.write(`${head}content-length: 99\r\n\r\nso far`)),
      ends: 'succeeded 200 6 characters',
    },
    'breaks off its body': {
      does: (socket) => once(socket, () => socket.end(`${head}content-length: 99\r\n\r\nso far`)),
      ends: 'succeeded 200 6 characters',
    },
  };

  // All at once: some end with the time limit alone.
  test('each', async () => {
    const ended = await Promise.all(
      Object.entries(subscribers).map(async ([what, { does }]) => {
        const { status, responseCode = '-', errorMessage, responseBody } = await firstAttempt(await startRaw(does));
        return [what, `${status} ${responseCode} ${errorMessage ?? `${responseBody!.length} characters`}`];
      }),
    );
    const expected = Object.entries(subscribers).map(([what, { ends }]) => [
      what,
      typeof ends === 'string' ? ends : expect.stringMatching(ends),
    ]);
    expect(ended).toEqual(expected);
  });

  test('refuses connections', async () => {
    expect((await firstAttempt(`http://127.0.0.1:${await freePort()}/`)).errorMessage).toBe('Connection refused.');
  });

  test('has a name that leads nowhere', async () => {
    expect((await firstAttempt('http://no-such-host.invalid/')).errorMessage).toMatch(
      /^The host name (does not resolve|could not be resolved)\.$/,
    );
  });

  test('the service is still the same process', () => {
    expect(sandbox.services[0]!.process.lines().filter(({ level }) => level === 'fatal' || level === 60)).toEqual([]);
  });
});

test('a secret that cannot be opened is our fault, told so, and retried', async () => {
  const caller = newCaller();
  const subscriber = await sandbox.subscriber();
  const { uuid } = await sandbox.subscribe(caller, subscriber.url);
  const [kept] = await sandbox.data.system((tx) =>
    tx.query<{ secret: Buffer }>(
      'update webhooks w set secret = $2 from webhooks old where w.uuid = $1 and old.uuid = $1 returning old.secret',
      [uuid, Buffer.from('?')],
    ),
  );
  await sandbox.tell(caller);
  await waitFor(async () => (await sandbox.log(caller, uuid))[0]?.status === 'failed', { timeout: 30_000, what: 'a failed attempt' });
  await sandbox.data.system((tx) => tx.query('update webhooks set secret = $2 where uuid = $1', [uuid, kept!.secret]));
  const log = await sandbox.settled(caller, uuid);
  expect(log[0]!.errorMessage).toBe('The event could not be signed: the fault is on our side.');
  expect(log.at(-1)).toMatchObject({ status: 'succeeded' });
  expect(subscriber.receipts).toHaveLength(1);
});

function endless(socket: Socket, first: string, more = 'x'.repeat(4096)): void {
  if (first !== '') socket.write(first);
  const write = () => {
    while (!socket.destroyed && socket.write(more));
    if (!socket.destroyed) socket.once('drain', write);
  };
  socket.once('data', write);
}

function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => (at < text.length && !socket.destroyed ? socket.write(text[at++]!) : clearInterval(timer)), 200);
}
