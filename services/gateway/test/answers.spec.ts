import { CatalogService, DdexService, WebhooksService } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { RunningGateway } from './played/gateway';

const uuid = '01890000-0000-7000-8000-00000000000a';
const as = 'tgk_every_scope';
const artist = { name: 'Rema' };

describe('answers', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await RunningGateway.start({
      PUBLIC_URL: 'https://api-sandbox.example/api',
      RATE_LIMIT_GENERAL: 0,
      RATE_LIMIT_DISTRIBUTION: 0,
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => gateway.played.calls.splice(0));

  it('to a list tell the next page in a Link header, in either family', async () => {
    gateway.played.plays(CatalogService.method.listReleases, async () => ({ data: [], nextCursor: 'abc=', hasMore: true }));
    gateway.played.plays(WebhooksService.method.listWebhooks, async () => ({ meta: { mode: 'cursor', nextCursor: 'def' } }));
    const plain = await gateway.send('GET', '/releases?status=live&page=3&per_page=5', { as });
    expect(plain.headers.link).toBe('<https://api-sandbox.example/api/releases?status=live&per_page=5&cursor=abc%3D>; rel="next"');
    expect((await gateway.send('GET', '/webhooks?cursor=', { as })).headers.link).toBe(
      '<https://api-sandbox.example/api/webhooks?cursor=def>; rel="next"',
    );
    gateway.played.plays(CatalogService.method.listReleases, async () => ({ data: [] }));
    expect((await gateway.send('GET', '/releases', { as })).headers.link).toBeUndefined();
  });

  it('that are files come under their name, and HEAD tells their length', async () => {
    const content = Buffer.from('<ern/>');
    gateway.played.plays(DdexService.method.downloadMessage, async () => ({
      content,
      contentType: 'application/xml',
      fileName: `${uuid}-apple "music".xml`,
    }));
    const file = await gateway.send('GET', `/releases/${uuid}/ddex/preview/apple_music-x.xml`, { as });
    expect(gateway.played.calls[0]).toMatchObject({ method: 'DownloadMessage', request: { uuid, dspSlug: 'apple_music-x' } });
    expect([file.status, file.text]).toEqual([200, '<ern/>']);
    expect(file.headers).toMatchObject({
      'content-type': 'application/xml',
      'content-disposition': `attachment; filename="${uuid}-apple__music_.xml"`,
      'content-length': '6',
      'cache-control': 'no-store',
    });
    const head = await gateway.send('HEAD', `/releases/${uuid}/ddex/preview/spotify.xml`, { as });
    expect([head.text, head.headers['content-length']]).toEqual(['', '6']);
  });

  it('that are public pictures may be kept', async () => {
    gateway.played.plays(CatalogService.method.getArtwork, async () => ({
      content: Buffer.from('jpeg'),
      contentType: 'image/jpeg',
      fileName: 'a.jpg',
    }));
    const picture = await gateway.send('GET', '/artwork/abc');
    expect(picture.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-disposition': 'inline; filename="a.jpg"',
    });
    gateway.played.plays(CatalogService.method.getArtwork, () => Promise.reject(new Refused('artwork.not_found')));
    expect((await gateway.send('GET', '/artwork/abc')).headers['cache-control']).toBe('no-store');
  });

  it('carry the headers that keep browsers from harm', async () => {
    const { headers } = await gateway.send('GET', `/releases/${uuid}`, { as });
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['x-powered-by']).toBeUndefined();
  });

  describe('to a change with an Idempotency-Key', () => {
    it('pass key, route and hash to the service', async () => {
      const hashOf = async (json: unknown, path = '/artists') => {
        await gateway.send('POST', path, { as, json, headers: { 'content-type': 'application/json', 'idempotency-key': 'k-1' } });
        return gateway.played.calls.at(-1)!.caller.idempotency!;
      };
      const first = await hashOf(artist);
      expect(first).toMatchObject({ key: 'k-1', route: 'POST /artists' });
      expect(await hashOf(artist)).toEqual(first);
      expect((await hashOf({ name: 'Sarz' })).bodyHash).not.toBe(first.bodyHash);
      expect((await hashOf({}, `/releases/${uuid}/submit`)).route).toBe('POST /releases/{uuid}/submit');
    });

    it('say when they are replayed, refusals included', async () => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' };
      expect(
        (await gateway.send('POST', '/artists', { as, json: artist, headers })).headers['x-tonegrid-idempotent-replay'],
      ).toBeUndefined();
      gateway.played.plays(CatalogService.method.createArtist, async (caller) => {
        caller.answer.replayed = true;
        return {};
      });
      const replayed = await gateway.send('POST', '/artists', { as, json: artist, headers });
      expect([replayed.status, replayed.headers['x-tonegrid-idempotent-replay']]).toEqual([201, 'true']);
      gateway.played.plays(CatalogService.method.createArtist, (caller) => {
        caller.answer.replayed = true;
        return Promise.reject(new Refused('validation.failed', { fields: { isni: ['wrong'] } }));
      });
      const refused = await gateway.send('POST', '/artists', { as, json: artist, headers });
      expect([refused.status, refused.headers['x-tonegrid-idempotent-replay']]).toEqual([422, 'true']);
    });

    it('are refused when the key holds the answer of another service', async () => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'across' };
      gateway.played.plays(CatalogService.method.createArtist, async () => ({}));
      expect((await gateway.send('POST', '/artists', { as, json: artist, headers })).status).toBe(201);
      const deliver = () => gateway.send('POST', `/releases/${uuid}/ddex/deliver`, { as, headers: { 'idempotency-key': 'across' } });
      const mismatch = await deliver();
      expect([mismatch.status, mismatch.json.code]).toEqual([422, 'idempotency.key_mismatch']);
      expect(gateway.played.calls.at(-1)!.method).toBe('CreateArtist');
      // The same service decides by itself, another key is free, and so is one whose answer was not kept.
      expect((await gateway.send('POST', '/artists', { as, json: artist, headers })).status).toBe(201);
      gateway.played.plays(CatalogService.method.createArtist, () => Promise.reject(new Refused('service.unavailable')));
      const failed = await gateway.send('POST', '/artists', { as, json: artist, headers: { ...headers, 'idempotency-key': 'free' } });
      expect(failed.status).toBe(503);
      const free = await gateway.send('POST', `/releases/${uuid}/ddex/deliver`, { as, headers: { 'idempotency-key': 'free' } });
      expect(free.status).toBe(202);
    });

    it('refuse a key that is too long, and ignore one on GET and DELETE', async () => {
      const long = { 'idempotency-key': 'x'.repeat(256) };
      const refused = await gateway.send('POST', '/artists', {
        as,
        json: artist,
        headers: { ...long, 'content-type': 'application/json' },
      });
      expect([refused.status, refused.json.error]).toEqual([400, 'Idempotency-Key must be ≤255 chars.']);
      expect((await gateway.send('GET', `/releases/${uuid}`, { as, headers: long })).status).toBe(200);
      await gateway.send('DELETE', `/releases/${uuid}`, { as, headers: { 'idempotency-key': 'k' } });
      expect(gateway.played.calls.at(-1)!.caller.idempotency).toBeUndefined();
    });
  });

  it('tell the service who calls', async () => {
    await gateway.send('GET', `/releases/${uuid}`, { as, headers: { 'x-request-id': 'r-1' } });
    expect(gateway.played.calls[0]!.caller).toMatchObject({
      tenantName: 'InterSpace',
      tenantRole: 'client',
      subject: 'api_key:tgk_every_scope',
      requestId: 'r-1',
      reviewPolicy: 'auto',
    });
  });

  describe('about the API itself', () => {
    it('are the OpenAPI document and a viewer that needs no other host', async () => {
      const document = await gateway.send('GET', '/openapi.json');
      expect(document.json).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://api-sandbox.example/api' }] });
      const page = await gateway.send('GET', '/docs');
      expect(page.headers['content-security-policy']).toContain("default-src 'none'");
      const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
      expect(assets.length).toBeGreaterThan(3);
      for (const asset of assets) {
        expect(asset).toMatch(/^\/api\/docs\//);
        expect((await gateway.sendRaw('GET', asset)).status).toBe(200);
      }
      expect(page.text).not.toMatch(/https?:\/\//);
    });

    it('are compressed on demand and not sent twice', async () => {
      const zipped = await gateway.send('GET', '/docs/swagger-ui-bundle.js', { headers: { 'accept-encoding': 'gzip' } });
      expect(zipped.headers['content-encoding']).toBe('gzip');
      const again = await gateway.send('GET', '/docs/swagger-ui-bundle.js', { headers: { 'if-none-match': zipped.headers.etag! } });
      expect([again.status, again.text]).toEqual([304, '']);
    });

    it('are found from outside of the base path', async () => {
      const answer = await gateway.sendRaw('GET', '/docs');
      expect([answer.status, answer.headers.location]).toEqual([308, '/api/docs']);
    });
  });
});
