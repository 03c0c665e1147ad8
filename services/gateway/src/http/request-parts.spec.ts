import { Refused } from '@tonegrid/errors';
import { services } from '@tonegrid/contracts';
import { contractRoutes } from '../contract/routes';
import { honoursKeys, idempotencyKey, idempotencyOf, streamIdempotencyOf } from './idempotency-key';
import { isJson, parseJson } from './read-json';
import { requestIdOf } from './request-id';

const routes = contractRoutes(services);
const routeOf = (name: string) => routes.find(({ method }) => method.name === name)!;

describe('a content type', () => {
  it.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"', 'application/vnd.api+json'])(
    '%s is JSON',
    (type) => expect(isJson(type)).toBe(true),
  );
  it.each([undefined, '', 'text/json', 'application/jsonp', 'application/json; charset=latin1', 'application/x-www-form-urlencoded'])(
    '%s is not',
    (type) => expect(isJson(type)).toBe(false),
  );
});

describe('a JSON text', () => {
  it('may begin with a byte-order mark and may be empty', () => {
    expect(parseJson(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 });
    expect(parseJson(Buffer.alloc(0))).toBeUndefined();
  });
  it.each([['{'], ['{"a":1,}'], ["{'a':1}"], ['nope'], ['{"a":NaN}'], [' ']])('%j is refused', (text) =>
    expect(() => parseJson(Buffer.from(text))).toThrow(Refused),
  );
  it('that is not UTF-8 is refused', () => expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(Refused));
});

describe('a request id', () => {
  it('that is sane is kept', () => expect(requestIdOf('abc-123:x/y=')).toBe('abc-123:x/y='));
  it.each([undefined, '', 'a b', 'x'.repeat(129), 'a\r\nb', '<script>', 'é'])('%j is replaced', (header) =>
    expect(requestIdOf(header)).toMatch(/^[0-9a-f-]{36}$/),
  );
});

describe('an idempotency key', () => {
  const address = { path: {}, query: '' };
  const hash = (path: Record<string, string>, query: string, body: string) =>
    idempotencyOf('k', routeOf('CreateRelease'), { path, query }, Buffer.from(body)).bodyHash;

  it('of 255 characters is taken, of 256 refused, blank is none', () => {
    expect(idempotencyKey('x'.repeat(255))).toHaveLength(255);
    expect(() => idempotencyKey('x'.repeat(256))).toThrow('Idempotency-Key must be ≤255 chars.');
    expect(idempotencyKey('  ')).toBeUndefined();
    expect(idempotencyKey(undefined)).toBeUndefined();
  });

  it('stands for method, route, path, query and body', () => {
    expect(idempotencyOf('k', routeOf('CreateRelease'), address, Buffer.from('{}'))).toMatchObject({
      key: 'k',
      route: 'POST /releases',
      bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const hashes = [hash({}, '', '{}'), hash({}, '', '{ }'), hash({ uuid: 'a' }, '', '{}'), hash({}, 'a=1', '{}')];
    expect(new Set(hashes).size).toBe(4);
    expect(hash({}, '', '{}')).toBe(hashes[0]);
  });

  it('of an upload waits for the digest of its bytes', () => {
    const route = routeOf('UploadTrackAudio');
    const of = (name: string) => streamIdempotencyOf('k', route, address, { field: 'audio', name, type: 'audio/wav' }).bodyHash;
    expect(of('a.wav')).toMatch(/^stream:[0-9a-f]{64}$/);
    expect(of('a.wav')).not.toBe(of('b.wav'));
  });

  it('is honoured by changes only, and not where the contract says so', () => {
    expect(routes.filter(honoursKeys).every(({ verb }) => verb !== 'GET' && verb !== 'DELETE')).toBe(true);
    expect(honoursKeys(routeOf('UploadTrackAudio'))).toBe(true);
    expect(honoursKeys(routeOf('IssueToken'))).toBe(false);
  });
});
