import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { DdexService } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { RunningGateway, type Answer } from './played/gateway';

const as = 'tgk_no_scope';
const message = Buffer.from(
  '<?xml version="1.0"?>\n<ern:NewReleaseMessage xmlns:ern="http://ddex.net/xml/ern/43">Itọju\r\n</ern:NewReleaseMessage>\n',
);
const boundary = 'x-boundary';
const form = (name: string, content: Buffer, file = 'message.xml'): Buffer =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="${file}"\r\ncontent-type: text/xml\r\n\r\n`),
    content,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);

describe('a route that takes XML', () => {
  let gateway: RunningGateway;
  /** What came to the service. */
  let received: { document: Uint8Array; fileName: string; dsp?: string }[] = [];

  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_DISTRIBUTION: 0, UPLOAD_STALL_MS: 500 });
    gateway.played.plays(DdexService.method.validateFile, async (_caller, request: (typeof received)[number]) => {
      received.push(request);
      if (request.dsp === 'nowhere') throw new Refused('dsp.not_found', { params: { slug: 'nowhere' } });
      return { data: { sha256: createHash('sha256').update(request.document).digest('hex'), sizeBytes: BigInt(request.document.length) } };
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => void (received = []));

  const send = (body: Buffer, headers: Record<string, string>, query = ''): Promise<Answer> =>
    gateway.send('POST', `/ddex/validate${query}`, { as, body, headers });
  const multipart = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const sha256 = createHash('sha256').update(message).digest('hex');

  it.each<[string, Record<string, string>, Buffer]>([
    ['application/xml', { 'content-type': 'application/xml' }, message],
    ['text/xml with a charset', { 'content-type': 'text/xml; charset=iso-8859-1' }, message],
    ['application/vnd.ddex+xml', { 'content-type': 'application/vnd.ddex+xml' }, message],
    ['gzip', { 'content-type': 'application/xml', 'content-encoding': 'gzip' }, gzipSync(message)],
    ['a form', multipart, form('ddex_xml', message)],
  ])('hands the bytes on as they are: %s', async (_name, headers, body) => {
    const answer = await send(body, headers);
    expect([answer.status, answer.json]).toMatchObject([200, { success: true, data: { sha256, size_bytes: message.length } }]);
    expect(received).toHaveLength(1);
    expect(received[0]!.fileName).toBe(headers === multipart ? 'message.xml' : '');
  });

  it('reads its other fields from the query, and passes refusals on', async () => {
    expect((await send(message, { 'content-type': 'application/xml' }, '?dsp=apple_music&utm=1')).status).toBe(200);
    expect(received[0]!.dsp).toBe('apple_music');
    expect((await send(message, { 'content-type': 'application/xml' }, '?dsp=nowhere')).json).toMatchObject({ code: 'dsp.not_found' });
  });

  it('takes nothing of the body from the query', async () => {
    expect((await send(Buffer.alloc(0), { 'content-type': 'application/xml' }, '?document=eA==&file_name=x')).status).toBe(422);
    await send(message, { 'content-type': 'application/xml' }, '?document=eA==&file_name=x');
    expect(received).toHaveLength(1);
    expect(received[0]!.fileName).toBe('');
  });

  it.each<[string, Record<string, string>, Buffer, number, string]>([
    ['JSON', { 'content-type': 'application/json' }, Buffer.from('{}'), 415, 'request.unsupported_media_type'],
    ['no type', {}, message, 415, 'request.unsupported_media_type'],
    ['an empty body', { 'content-type': 'application/xml' }, Buffer.alloc(0), 422, 'validation.failed'],
    ['an empty file', multipart, form('ddex_xml', Buffer.alloc(0)), 422, 'validation.failed'],
    ['another field', multipart, form('file', message), 422, 'validation.failed'],
    ['broken gzip', { 'content-type': 'application/xml', 'content-encoding': 'gzip' }, message, 400, 'request.malformed'],
    [
      'a bomb of gzip',
      { 'content-type': 'application/xml', 'content-encoding': 'gzip' },
      gzipSync(Buffer.alloc(40_000_000, 32)),
      413,
      'request.too_large',
    ],
  ])('refuses %s', async (_name, headers, body, status, code) => {
    const answer = await send(body, headers);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(received).toEqual([]);
  });

  it('refuses 100 MB by what it says of itself, and of a form as soon as it is too much', async () => {
    const announced = await gateway.send('POST', '/ddex/validate', {
      as,
      body: message,
      headers: { 'content-type': 'application/xml', 'content-length': '100000000' },
    });
    expect([announced.status, announced.json.code]).toEqual([413, 'request.too_large']);
    const sent = await send(form('ddex_xml', Buffer.alloc(21_000_000, 32)), multipart);
    expect([sent.status, sent.json.code]).toEqual([413, 'request.too_large']);
    expect(received).toEqual([]);
  });
});
