import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { CatalogService, DeliveryService } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { RunningGateway } from './played/gateway';

const uuid = '01890000-0000-7000-8000-00000000000a';
const as = 'tgk_every_scope';
const release = { title: 'Eclipse', type: 'ep', release_date: '2026-05-01', genre: 'Afrobeats' };
const json = { 'content-type': 'application/json' };

describe('bodies', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start({
      RATE_LIMIT_GENERAL: 0,
      RATE_LIMIT_DISTRIBUTION: 0,
      MAX_BODY_BYTES: 100_000,
      BODY_TIMEOUT_MS: 400,
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => gateway.played.calls.splice(0));

  it('reach the service as messages', async () => {
    const answer = await gateway.send('POST', '/releases', { as, json: release });
    expect(answer.status).toBe(201);
    expect(gateway.played.calls[0]).toMatchObject({ method: 'CreateRelease', request: { title: 'Eclipse', type: 2 } });
  });

  it('may be compressed with gzip', async () => {
    const body = gzipSync(JSON.stringify(release));
    expect((await gateway.send('POST', '/releases', { as, body, headers: { ...json, 'content-encoding': 'gzip' } })).status).toBe(201);
    expect(
      (
        await gateway.send('POST', '/releases', {
          as,
          body,
          headers: { ...json, 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' },
        })
      ).status,
    ).toBe(201);
  });

  it.each([
    ['malformed JSON', Buffer.from('{"title":'), json, 400, 'request.malformed', 'The request body is not well-formed.'],
    [
      'broken gzip',
      Buffer.from('not gzip'),
      { ...json, 'content-encoding': 'gzip' },
      400,
      'request.malformed',
      'The request body is not well-formed.',
    ],
    [
      'gzip that is cut off',
      gzipSync(JSON.stringify(release)).subarray(0, 30),
      { ...json, 'content-encoding': 'gzip' },
      400,
      'request.malformed',
      'The request body is not well-formed.',
    ],
    [
      'another encoding',
      deflateSync('{}'),
      { ...json, 'content-encoding': 'deflate' },
      415,
      'request.unsupported_encoding',
      'Content-Encoding must be gzip or left out.',
    ],
    [
      'another content type',
      Buffer.from('title=x'),
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'request.unsupported_media_type',
      'Content-Type must be application/json.',
    ],
    ['no content type', Buffer.from('{}'), {}, 415, 'request.unsupported_media_type', 'Content-Type must be application/json.'],
    [
      'a content type that is none',
      Buffer.from('{}'),
      { 'content-type': '///' },
      415,
      'request.unsupported_media_type',
      'Content-Type must be application/json.',
    ],
    ['too many bytes', Buffer.alloc(100_001, ' '), json, 413, 'request.too_large', 'The request body is larger than 100000 bytes.'],
    [
      'too many bytes of unknown length',
      Buffer.alloc(300_000, ' '),
      { ...json, 'transfer-encoding': 'chunked' },
      413,
      'request.too_large',
      'The request body is larger than 100000 bytes.',
    ],
  ])('with %s are refused', async (_what, body, headers, status, code, error) => {
    const answer = await gateway.send('POST', '/releases', { as, body, headers });
    expect(answer.json).toEqual({ success: false, error, code, request_id: answer.headers['x-request-id'] });
    expect(answer.status).toBe(status);
    expect(gateway.played.calls).toEqual([]);
  });

  it('are not looked at before the sender is known', async () => {
    expect((await gateway.send('POST', '/releases', { body: '{', headers: { 'content-type': 'text/plain' } })).status).toBe(401);
  });

  it('that inflate to a gigabyte are refused at once, in flat memory', async () => {
    const bomb = gzipSync(Buffer.alloc(90_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    const before = process.memoryUsage().rss;
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        gateway.send('POST', '/releases', { as, body: bomb, headers: { ...json, 'content-encoding': 'gzip' } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(413));
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
  });

  it('whose sender waits for 100 Continue are refused without being sent', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(gateway.port, '127.0.0.1', () =>
        socket.write(
          `POST /api/releases HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 50000\r\n\r\n`,
        ),
      );
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk))).on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
    expect(answer).toMatch(/connection: close/i);
    expect(answer).not.toContain('100 Continue');
  });

  it('whose sender waits for 100 Continue are read when they are welcome', async () => {
    const answer = await gateway.send('POST', '/releases', { as, json: release, headers: { ...json, expect: '100-continue' } });
    expect(answer.status).toBe(201);
  });

  it('that come too slowly are refused', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(gateway.port, '127.0.0.1', () =>
        socket.write(
          `POST /api/releases HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${as}\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{`,
        ),
      );
      socket.once('data', (chunk) => {
        resolve(String(chunk));
        socket.destroy();
      });
    });
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('"code":"request.timeout"');
  });

  it('are left alone where there is none: an empty body needs no content type', async () => {
    expect(
      (
        await gateway.send('POST', `/releases/${uuid}/submit`, {
          as,
          body: '',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        })
      ).status,
    ).toBe(200);
    expect((await gateway.send('DELETE', `/releases/${uuid}`, { as, headers: json, body: '' })).status).toBe(200);
  });

  it('that are signed reach the service byte for byte, with the headers but without credentials', async () => {
    const body = Buffer.from([0x7b, 0x20, 0xff, 0x00, 0x7d]);
    const headers = { 'X-ToneGrid-Signature': 't=1,v1=ab', 'content-type': 'application/json', cookie: 'a=b', authorization: 'Bearer x' };
    const answer = await gateway.send('POST', '/dsp/spotify/acknowledgements', { body, headers });
    expect([answer.status, answer.json]).toEqual([200, { success: true, message: '' }]);
    const request = gateway.played.calls[0]!.request as { slug: string; body: Uint8Array; headers: Record<string, string> };
    expect(request.slug).toBe('spotify');
    expect(Buffer.from(request.body)).toEqual(body);
    expect(request.headers).toMatchObject({ 'x-tonegrid-signature': 't=1,v1=ab' });
    expect(Object.keys(request.headers)).not.toEqual(expect.arrayContaining(['cookie']));
    expect(request.headers['authorization']).toBeUndefined();
    expect((await gateway.send('POST', '/dsp/spotify/acknowledgements', { body: Buffer.alloc(65_537) })).status).toBe(413);
    expect(
      (await gateway.send('POST', '/dsp/spotify/acknowledgements', { body: gzipSync('{}'), headers: { 'content-encoding': 'gzip' } }))
        .status,
    ).toBe(415);
  });
});

describe('what a service refuses', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start();
  });
  afterAll(() => gateway.stop());

  it('is told in the words of the reference, with fields where there are some', async () => {
    gateway.played.plays(CatalogService.method.submitRelease, () => Promise.reject(new Refused('release.no_tracks')));
    const gate = await gateway.send('POST', `/releases/${uuid}/submit`, { as });
    expect([gate.status, gate.json]).toEqual([
      422,
      {
        success: false,
        error: 'Please add at least one track before submitting.',
        code: 'release.no_tracks',
        errors: {},
        fields: {},
        request_id: gate.headers['x-request-id'],
      },
    ]);

    gateway.played.plays(CatalogService.method.createRelease, () =>
      Promise.reject(new Refused('validation.failed', { fields: { upc: ['The upc is wrong.', 'Truly.'] } })),
    );
    const fields = await gateway.send('POST', '/releases', { as, json: release });
    expect(fields.json).toMatchObject({
      error: 'Validation failed',
      errors: { upc: ['The upc is wrong.', 'Truly.'] },
      fields: { upc: 'The upc is wrong.' },
    });

    gateway.played.plays(DeliveryService.method.deliverToDsp, () =>
      Promise.reject(new Refused('delivery.blocked', { params: { dsp: 'Spotify' } })),
    );
    const blocked = await gateway.send('POST', `/releases/${uuid}/ddex/deliver/spotify`, { as });
    expect([blocked.status, blocked.json.error]).toEqual([409, 'Delivery to Spotify is blocked via per-DSP override (is_blocked=true).']);
  });

  it('says when to try again', async () => {
    gateway.played.plays(CatalogService.method.approveRelease, () =>
      Promise.reject(new Refused('idempotency.in_progress', { retryAfterSeconds: 7 })),
    );
    const answer = await gateway.send('POST', `/releases/${uuid}/approve`, { as });
    expect([answer.status, answer.headers['retry-after']]).toEqual([409, '7']);
  });

  it('is an internal error with nothing but a request id when it is a bug', async () => {
    gateway.played.plays(CatalogService.method.getTrack, () => Promise.reject(new Error('secret detail')));
    const answer = await gateway.send('GET', `/tracks/${uuid}`, { as });
    expect([answer.status, answer.json]).toEqual([
      500,
      { success: false, error: 'Internal server error.', code: 'internal.error', request_id: answer.headers['x-request-id'] },
    ]);
  });

  it('is 503 when the service is away', async () => {
    await gateway.played.stop();
    const answer = await gateway.send('GET', '/webhooks/event-types', { as });
    expect([answer.status, answer.json.error, answer.headers['retry-after']]).toEqual([503, 'Service temporarily unavailable.', '1']);
  });
});
