import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { CatalogService } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { RunningGateway, type Answer } from './played/gateway';

const uuid = '01890000-0000-7000-8000-00000000000a';
const audio = `/tracks/${uuid}/audio`;
const as = 'tgk_every_scope';
const boundary = 'x-boundary';
const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };

interface Part {
  name: string;
  file?: string;
  type?: string;
  content: Buffer | string;
}

const part = ({ name, file, type, content }: Part): Buffer =>
  Buffer.concat([
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"`}\r\n${type ? `content-type: ${type}\r\n` : ''}\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
const form = (...parts: Part[]): Buffer => Buffer.concat([...parts.map(part), Buffer.from(`--${boundary}--\r\n`)]);

describe('an upload', () => {
  let gateway: RunningGateway;
  /** What the last upload came to at the service. */
  let stored: { start: any; bytes: number; sha256: string; largest: number; complete: boolean; cancelled: boolean };

  beforeAll(async () => {
    gateway = await RunningGateway.start({ RATE_LIMIT_AUDIO: 0, UPLOAD_STALL_MS: 500 });
    gateway.played.plays(CatalogService.method.uploadTrackAudio, async (caller, messages: AsyncIterable<any>) => {
      const hash = createHash('sha256');
      stored = { start: undefined, bytes: 0, sha256: '', largest: 0, complete: false, cancelled: false };
      caller.signal!.addEventListener('abort', () => (stored.cancelled = true));
      for await (const { part: each } of messages) {
        if (each.case === 'start') {
          stored.start = each.value;
          if (each.value.fileName === 'refused.wav') throw new Refused('release.not_editable', { params: { status: 'taken_down' } });
        } else {
          stored.bytes += each.value.length;
          stored.largest = Math.max(stored.largest, each.value.length);
          hash.update(each.value);
        }
      }
      stored.sha256 = hash.digest('hex');
      stored.complete = true;
      return { message: 'Audio upload received. Processing started.', audioStatus: 2 };
    });
  });
  afterAll(() => gateway.stop());

  const upload = (body: Buffer, more: Record<string, string> = {}): Promise<Answer> =>
    gateway.send('POST', audio, { as, body, headers: { ...headers, ...more } });
  const wav = { name: 'audio', file: 'master.wav', type: 'audio/wav', content: 'RIFF-bytes' };

  it('reaches the service as its start and its bytes', async () => {
    const answer = await upload(form(wav));
    expect([answer.status, answer.json]).toEqual([
      200,
      { message: 'Audio upload received. Processing started.', audio_status: 'processing' },
    ]);
    expect(stored).toMatchObject({ start: { uuid, fileName: 'master.wav', contentType: 'audio/wav' }, bytes: 10, complete: true });
  });

  it('of 200 MB passes through in flat memory and in small parts', async () => {
    const block = Buffer.alloc(1024 * 1024, 7);
    const blocks = 200;
    const expected = createHash('sha256');
    for (let index = 0; index < blocks; index += 1) expected.update(block);
    const before = process.memoryUsage().rss;
    let peak = 0;
    const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: gateway.port,
          method: 'POST',
          path: `/api${audio}`,
          headers: { ...headers, authorization: `Bearer ${as}` },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk) => (text += String(chunk))).on('end', () => resolve({ status: response.statusCode!, text }));
        },
      );
      request.on('error', reject);
      void (async () => {
        request.write(part({ ...wav, content: '' }).subarray(0, -2));
        for (let index = 0; index < blocks; index += 1)
          if (!request.write(block)) await new Promise((drained) => request.once('drain', drained));
        request.end(`\r\n--${boundary}--\r\n`);
      })();
    });
    clearInterval(watching);
    expect(answer).toEqual({ status: 200, text: expect.stringContaining('"audio_status":"processing"') });
    expect(stored).toMatchObject({ bytes: blocks * block.length, sha256: expected.digest('hex') });
    expect(stored.largest).toBeLessThanOrEqual(256 * 1024);
    expect(peak - before).toBeLessThan(120_000_000);
  }, 120_000);

  it.each([
    ['without the file', form(), { audio: ['The audio field is required.'] }],
    ['with an unknown field', form({ name: 'notes', content: 'x' }, wav), { notes: ['The notes field is not known.'] }],
    ['with another file', form({ ...wav, name: 'cover' }), { cover: ['The cover field is not known.'] }],
    ['with a text in place of the file', form({ name: 'audio', content: 'x' }), { audio: ['The audio must be a file.'] }],
    ['with two files', form(wav, wav), { audio: ['The audio may not have more than 1 items.'] }],
    ['with an unknown field after the file', form(wav, { name: 'notes', content: 'x' }), { notes: ['The notes field is not known.'] }],
  ])('%s is a 422 and nothing is kept', async (_what, body, errors) => {
    stored = { ...stored, complete: false };
    const answer = await upload(body);
    expect([answer.status, answer.json.errors]).toEqual([422, errors]);
    expect(stored.complete).toBe(false);
  });

  it.each([
    ['another content type', { 'content-type': 'audio/wav' }, form(wav), 415],
    ['no boundary', { 'content-type': 'multipart/form-data' }, form(wav), 415],
    ['an empty boundary', { 'content-type': 'multipart/form-data; x=1' }, form(wav), 400],
    ['a form that does not end', {}, form(wav).subarray(0, -6), 400],
    ['a form that is none', {}, Buffer.from('hello'), 400],
    ['a compressed body', { 'content-encoding': 'gzip' }, form(wav), 415],
  ])('with %s is refused and nothing is kept', async (_what, more, body, status) => {
    stored = { ...stored, complete: false };
    expect((await upload(body, more as Record<string, string>)).status).toBe(status);
    expect(stored.complete).toBe(false);
  });

  it('that says it is too large is refused at once; one that turns out to be, while it streams', async () => {
    const declared = await gateway.send('POST', `/releases/${uuid}/artwork`, {
      as,
      body: Buffer.alloc(0),
      headers: { ...headers, 'content-length': '99999999', expect: '100-continue' },
    });
    expect([declared.status, declared.json.code]).toEqual([413, 'request.too_large']);
    const body = form({ name: 'artwork', file: 'a.jpg', content: Buffer.alloc(31_457_281) });
    const streamed = await gateway.send('POST', `/releases/${uuid}/artwork`, {
      as,
      body,
      headers: { ...headers, 'transfer-encoding': 'chunked' },
    });
    expect([streamed.status, streamed.json.error]).toEqual([413, 'The request body is larger than 31457280 bytes.']);
  });

  it('that the service refuses early is told so', async () => {
    const answer = await upload(form({ ...wav, file: 'refused.wav', content: Buffer.alloc(5_000_000) }));
    expect([answer.status, answer.json.code]).toEqual([409, 'release.not_editable']);
  });

  it('to a track that cannot be is not read', async () => {
    const answer = await gateway.send('POST', '/tracks/nope/audio', { as, body: form(wav), headers });
    expect([answer.status, answer.json.code]).toEqual([404, 'track.not_found']);
  });

  it('whose sender leaves is cancelled', async () => {
    const request = httpRequest({
      host: '127.0.0.1',
      port: gateway.port,
      method: 'POST',
      path: `/api${audio}`,
      headers: { ...headers, authorization: `Bearer ${as}` },
    });
    request.on('error', () => undefined);
    request.write(part({ ...wav, content: Buffer.alloc(300_000) }));
    for (const until = Date.now() + 5_000; Date.now() < until && !(stored.bytes > 200_000);)
      await new Promise((resolve) => setTimeout(resolve, 10));
    request.destroy();
    for (const until = Date.now() + 5_000; Date.now() < until && !stored.cancelled;)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(stored).toMatchObject({ cancelled: true, complete: false });
  });

  it('whose sender falls silent is refused', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: gateway.port,
          method: 'POST',
          path: `/api${audio}`,
          headers: { ...headers, authorization: `Bearer ${as}` },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode!);
          request.destroy();
        },
      );
      request.on('error', reject);
      request.write(part(wav));
    });
    expect(status).toBe(408);
  });

  it('with an Idempotency-Key leaves the digest of its bytes to the service', async () => {
    await upload(form(wav), { 'idempotency-key': 'k' });
    expect(gateway.played.calls.at(-1)!.caller.idempotency).toEqual({
      key: 'k',
      route: 'POST /tracks/{uuid}/audio',
      bodyHash: expect.stringMatching(/^stream:[0-9a-f]{64}$/),
    });
  });
});
