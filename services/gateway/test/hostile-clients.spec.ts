import { connect, type Socket } from 'node:net';
import { createGzip, gzipSync } from 'node:zlib';
import { pause, waitFor } from '@tonegrid/testing';
import { RunningGateway } from './played/gateway';

const as = 'tgk_every_scope';
const head = (lines: string[], first = 'POST /api/artists HTTP/1.1') =>
  [first, 'Host: x', `Authorization: Bearer ${as}`, ...lines, '', ''].join('\r\n');
const artist = '{"name":"Rema"}';
const chunked = `${artist.length.toString(16)}\r\n${artist}\r\n0\r\n\r\n`;

describe('hostile clients', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start({
      RATE_LIMIT_GENERAL: 0,
      HEADERS_TIMEOUT_MS: 400,
      BODY_TIMEOUT_MS: 600,
      MAX_BODY_BYTES: 1_000_000,
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => gateway.played.calls.splice(0));

  /** Sends bytes as they are; answers all that comes until the other side closes, or is silent for a while after an answer. */
  function exchange(bytes: string | Buffer, keepSending?: (socket: Socket) => void): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(gateway.port, '127.0.0.1', () => {
        socket.write(bytes);
        keepSending?.(socket);
      });
      let text = '';
      let quiet: NodeJS.Timeout | undefined;
      const end = () => {
        clearTimeout(quiet);
        socket.destroy();
        resolve(text);
      };
      socket.on('data', (chunk) => {
        text += String(chunk);
        clearTimeout(quiet);
        quiet = setTimeout(end, 500);
      });
      socket.on('close', end).on('error', end);
    });
  }
  const statuses = (text: string) =>
    [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map((match) => Number(match[1])).filter((status) => status !== 100);

  it('are understood when they are none', async () => {
    expect(statuses(await exchange(head(['Content-Type: application/json', `Content-Length: ${artist.length}`]) + artist))).toEqual([201]);
    expect(statuses(await exchange(head(['Content-Type: application/json', 'Transfer-Encoding: chunked']) + chunked))).toEqual([201]);
    expect(gateway.played.calls).toHaveLength(2);
  });

  const hidden = 'GET /api/errors HTTP/1.1\r\nHost: x\r\n\r\n';
  it.each([
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${hidden}`],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${hidden}`],
    ['two lengths that differ', ['Content-Length: 0', `Content-Length: ${hidden.length}`], hidden],
    ['two lengths that agree', [`Content-Length: ${artist.length}`, `Content-Length: ${artist.length}`], artist],
    ['two lengths in one header', [`Content-Length: ${artist.length}, ${artist.length}`], artist],
    ['a length with a sign', [`Content-Length: +${artist.length}`], artist],
    ['a length in hexadecimal', ['Content-Length: 0xf'], artist],
    ['a length below zero', ['Content-Length: -1'], artist],
    ['an encoding after chunks', ['Transfer-Encoding: chunked, identity'], chunked],
    ['chunks twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunked],
    ['an encoding that is not known', ['Transfer-Encoding: xchunked'], chunked],
    ['an encoding with a tab before it', ['Transfer-Encoding:\tchunked', 'Content-Length: 5'], chunked],
    ['a blank before the colon', ['Transfer-Encoding : chunked'], chunked],
    ['a header folded over two lines', ['Transfer-Encoding:', ' chunked'], chunked],
    ['a folded header of another kind', ['X-Folded: a', ' Content-Length: 5'], artist],
    ['a line feed alone between headers', ['X-One: a\nContent-Length: 5'], artist],
    ['a NUL in a header', ['X-One: a\0b'], artist],
    ['a carriage return in a header', ['X-One: a\rb'], artist],
    ['a name that is none', ['X One: a'], artist],
  ])('with %s are refused, and nothing is hidden behind their request', async (_what, lines, body) => {
    const text = await exchange(head(['Content-Type: application/json', ...lines]) + body);
    expect(statuses(text)).toEqual([400]);
    expect(text).toMatch(/connection: close/i);
    expect(text).toContain('"code":"request.invalid"');
    expect(gateway.played.calls).toEqual([]);
  });

  it.each([
    ['a size that is no number', `zz\r\n${artist}\r\n0\r\n\r\n`],
    ['a size below zero', `-1\r\n${artist}\r\n0\r\n\r\n`],
    ['a size with 0x', `0xf\r\n${artist}\r\n0\r\n\r\n`],
    ['a size beyond all bounds', `fffffffffffffffff\r\n${artist}\r\n0\r\n\r\n`],
    ['more in it than it says', `2\r\n${artist}\r\n0\r\n\r\n`],
    ['no line end after its size', `f;${'x'.repeat(20_000)}\r\n${artist}\r\n0\r\n\r\n`],
  ])('with a chunk that has %s are refused', async (_what, body) => {
    const text = await exchange(head(['Content-Type: application/json', 'Transfer-Encoding: chunked']) + body + hidden);
    expect(statuses(text).length).toBeLessThanOrEqual(1);
    if (statuses(text).length > 0) expect([400, 413]).toContain(statuses(text)[0]);
    expect(gateway.played.calls).toEqual([]);
  });

  it('without a Host are told so in our shape', async () => {
    const text = await exchange(`GET /api/errors HTTP/1.1\r\n\r\n`);
    expect(statuses(text)).toEqual([400]);
    expect(text).toContain('"code":"request.invalid"');
  });

  it.each([
    'GET //evil.example/api/errors HTTP/1.1',
    'GET /api/errors\\ HTTP/1.1',
    'CONNECT evil.example:443 HTTP/1.1',
    'TRACE /api/errors HTTP/1.1',
    'GET /api/errors#x HTTP/1.1',
    'GET /api/errors\x7f HTTP/1.1',
    'GET /api/errors\u00e9 HTTP/1.1',
  ])('%s leads nowhere', async (first) => {
    const [status] = statuses(await exchange(head([], first)));
    expect([400, 404, undefined]).toContain(status);
    expect(gateway.played.calls).toEqual([]);
  });

  it('that name the whole URL (RFC 9112, 3.2.2) are at the same route, with the same guard', async () => {
    expect(statuses(await exchange(head([], 'GET http://x/api/errors HTTP/1.1')))).toEqual([200]);
    const guarded = 'GET http://x/api/releases HTTP/1.1\r\nHost: x\r\n\r\n';
    expect(statuses(await exchange(guarded))).toEqual([401]);
  });

  it('that send their head slowly are cut off', async () => {
    const began = Date.now();
    const text = await exchange('GET /api/errors HTTP/1.1\r\nHost: x\r\n', (socket) => {
      const drip = setInterval(() => socket.writable && socket.write('X-Slow: 1\r\n'), 50);
      socket.on('close', () => clearInterval(drip));
    });
    expect(text === '' ? [408] : statuses(text)).toEqual([408]);
    expect(Date.now() - began).toBeLessThan(15_000);
  });

  it('that send a body drop by drop are cut off, however steadily', async () => {
    const text = await exchange(head(['Content-Type: application/json', 'Content-Length: 5000']), (socket) => {
      const drip = setInterval(() => socket.writable && socket.write(' '), 20);
      socket.on('close', () => clearInterval(drip));
    });
    expect(statuses(text)).toEqual([408]);
    expect(gateway.played.calls).toEqual([]);
  });

  it('by the hundred keep nobody else from being answered', async () => {
    const slow = Array.from({ length: 300 }, () => {
      const socket = connect(gateway.port, '127.0.0.1', () => socket.write('POST /api/artists HTTP/1.1\r\nHost: x\r\n'));
      return socket.on('error', () => undefined).on('data', () => undefined);
    });
    await pause(100);
    expect((await gateway.send('GET', '/errors')).status).toBe(200);
    await waitFor(() => slow.every((socket) => socket.closed || socket.readyState !== 'open'), {
      timeout: 20_000,
      what: 'slow senders cut off',
    });
  });

  it('with a bomb are refused long before it has gone off, in flat memory', async () => {
    // A gigabyte of zeros in a megabyte, fifty times more than may come out; it is sent as far as it is taken.
    const zipped = createGzip({ level: 9 });
    const pieces: Buffer[] = [];
    zipped.on('data', (piece: Buffer) => pieces.push(piece));
    const zeros = Buffer.alloc(1_000_000);
    for (let n = 0; n < 50; n += 1) zipped.write(zeros);
    zipped.end();
    await new Promise((resolve) => zipped.once('end', resolve));
    const bomb = Buffer.concat(pieces);
    const patient = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0, MAX_BODY_BYTES: 1_000_000 });
    const before = process.memoryUsage().rss;
    let peak = before;
    const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        patient.send('POST', '/artists', { as, body: bomb, headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }),
      ),
    );
    clearInterval(watching);
    await patient.stop();
    expect(new Set(answers.map(({ status, json }) => `${status} ${json.code}`))).toEqual(new Set(['413 request.too_large']));
    expect(peak - before).toBeLessThan(150_000_000);
  });

  it('with gzip in gzip find it taken off once', async () => {
    const answer = await gateway.send('POST', '/artists', {
      as,
      body: gzipSync(gzipSync(artist)),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect([answer.status, answer.json.code]).toEqual([400, 'request.malformed']);
    const twice = await gateway.send('POST', '/artists', {
      as,
      body: gzipSync(gzipSync(artist)),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip, gzip' },
    });
    expect([twice.status, twice.json.code]).toEqual([415, 'request.unsupported_encoding']);
  });
});
