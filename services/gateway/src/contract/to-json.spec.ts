import { create, fromBinary, hasOption, ScalarType, toBinary, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import {
  GetReleaseResponseSchema,
  ListEventTypesResponseSchema,
  omit_when_unset,
  PageMetaSchema,
  ReleaseSchema,
  ReleaseStatus,
  services,
  WebhookSchema,
  words,
  EffectiveConfigSchema,
  DownloadMessageResponseSchema,
} from '@tonegrid/contracts';
import fc from 'fast-check';
import { compileNextCursor, linkNext } from './next-page';
import { contractRoutes } from './routes';
import { compileWriter } from './to-json';
import { WireError } from './wire';

const bytesOf = (desc: DescMessage, init: Record<string, unknown>): Buffer => Buffer.from(toBinary(desc, create(desc, init)));
const written = (desc: DescMessage, init: Record<string, unknown>, envelope = false): any =>
  JSON.parse(compileWriter(desc, envelope)(bytesOf(desc, init)));

describe('an answer as JSON', () => {
  it('has every documented field in the order of the contract, null when unknown', () => {
    const json = written(GetReleaseResponseSchema, { release: { uuid: 'u', title: 'Eclipse', status: ReleaseStatus.TAKEN_DOWN } });
    expect(Object.keys(json.release)).toEqual(ReleaseSchema.fields.map(({ name }) => name));
    expect(json.release).toMatchObject({
      title: 'Eclipse',
      type: null,
      status: 'taken_down',
      review_stage: null,
      upc: null,
      explicit: false,
      tracks: [],
      localized_titles: {},
      created_at: null,
    });
    expect(written(GetReleaseResponseSchema, {})).toEqual({ release: null });
  });

  it('leaves out what is omitted when unset', () => {
    expect(written(PageMetaSchema, { mode: 'cursor', perPage: 50 })).toEqual({
      mode: 'cursor',
      per_page: 50,
      next_cursor: null,
      has_more: false,
    });
    expect(written(WebhookSchema, {})).not.toHaveProperty('secret');
    expect(written(WebhookSchema, { secret: '' })).toHaveProperty('secret', '');
  });

  it('begins with success in the envelope family', () => {
    expect(compileWriter(GetReleaseResponseSchema, true)(Buffer.alloc(0))).toBe('{"success":true,"release":null}');
    expect(compileWriter(services.webhooks.method.deleteWebhook.output, true)(Buffer.alloc(0))).toBe('{"success":true}');
    expect(compileWriter(services.webhooks.method.deleteWebhook.output, false)(Buffer.alloc(0))).toBe('{}');
  });

  it('shows times in whole seconds and 64-bit counts as exact numbers', () => {
    expect(written(ReleaseSchema, { createdAt: { seconds: 1773133200n, nanos: 999_999_999 }, updatedAt: {} })).toMatchObject({
      created_at: '2026-03-10T09:00:00Z',
      updated_at: '1970-01-01T00:00:00Z',
    });
    expect(compileWriter(PageMetaSchema, false)(bytesOf(PageMetaSchema, { total: 9_007_199_254_740_993n }))).toContain(
      '"total":9007199254740993,',
    );
    expect(compileWriter(PageMetaSchema, false)(bytesOf(PageMetaSchema, { total: -5n, perPage: -1 }))).toContain(
      '"total":-5,"per_page":-1',
    );
  });

  it('escapes what JSON escapes, whatever its length', () => {
    for (const text of ['"', '\\', '\n', '\u0000', '\u007f', 'é', '日本', '😀', '<script>', `${'x'.repeat(300)}"`, '\u2028'])
      expect(written(ReleaseSchema, { title: text }).title).toBe(text);
  });

  it('has maps as objects and bytes as base64', () => {
    expect(
      written(ListEventTypesResponseSchema, { data: { events: ['a', 'b'], wildcards: { '*': 'everything', 'x"y': '' } } }).data,
    ).toEqual({ events: ['a', 'b'], wildcards: { '*': 'everything', 'x"y': '' } });
    expect(written(EffectiveConfigSchema, { rights: { sync: false, ugc: true } }).rights).toEqual({ sync: false, ugc: true });
    expect(written(DownloadMessageResponseSchema, { content: new Uint8Array([1, 2, 3]) }).content).toBe('AQID');
  });

  it('passes over fields of a newer contract', () => {
    const newer = Buffer.concat([
      Buffer.from([0xf8, 0x06, 0x96, 0x01, 0xfa, 0x06, 0x02, 0x61, 0x62, 0xfd, 0x06, 1, 2, 3, 4, 0xf9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]),
      bytesOf(ReleaseSchema, { title: 'x' }),
    ]);
    expect(JSON.parse(compileWriter(ReleaseSchema, false)(newer)).title).toBe('x');
  });

  it('is refused, not invented, when the bytes are cut off', () => {
    const whole = bytesOf(GetReleaseResponseSchema, { release: { uuid: 'u', title: 'Eclipse', createdAt: { seconds: 1n } } });
    const write = compileWriter(GetReleaseResponseSchema, false);
    for (let length = 1; length < whole.length; length += 1) expect(() => write(whole.subarray(0, length))).toThrow(WireError);
  });
});

describe('written from bytes and written from the message', () => {
  const outputs = [...new Set(contractRoutes(services).map(({ method }) => method.output))];

  it('are the same for every answer of the contract', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...outputs).chain((desc) => arbitraryOf(desc, 0).map((message) => ({ desc, message }))),
        ({ desc, message }) => {
          const bytes = Buffer.from(toBinary(desc, message));
          expect(JSON.parse(compileWriter(desc, false)(bytes))).toEqual(JSON.parse(JSON.stringify(jsonOf(desc, fromBinary(desc, bytes)))));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the next page', () => {
  it('is found in either family', () => {
    const plain = services.catalog.method.listReleases.output;
    const enveloped = services.webhooks.method.listWebhooks.output;
    expect(compileNextCursor(plain)!(bytesOf(plain, { nextCursor: 'abc', data: [{ title: 'x' }] }))).toBe('abc');
    expect(compileNextCursor(plain)!(bytesOf(plain, {}))).toBeUndefined();
    expect(compileNextCursor(enveloped)!(bytesOf(enveloped, { meta: { nextCursor: 'déf' } }))).toBe('déf');
    expect(compileNextCursor(enveloped)!(bytesOf(enveloped, {}))).toBeUndefined();
    expect(compileNextCursor(GetReleaseResponseSchema)).toBeUndefined();
  });

  it('keeps the other parameters of the request, but for the page of the other mode', () => {
    expect(linkNext('https://api.example/releases', 'status=live&page=2&per_page=5&cursor=old', 'a/b+c=')).toBe(
      '<https://api.example/releases?status=live&per_page=5&cursor=a%2Fb%2Bc%3D>; rel="next"',
    );
  });
});

/** The same rules over the decoded message, written the slow and obvious way. */
function jsonOf(desc: DescMessage, message: Message): unknown {
  if (desc.typeName === 'google.protobuf.Timestamp')
    return timestampDate(message as Timestamp)
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
  const result: Record<string, unknown> = {};
  for (const field of desc.fields) {
    const value = (message as unknown as Record<string, unknown>)[field.localName];
    if (value === undefined && hasOption(field, omit_when_unset)) continue;
    if (value === undefined) result[field.name] = null;
    else if (field.fieldKind === 'list') result[field.name] = (value as unknown[]).map((each) => single(field, each));
    else if (field.fieldKind === 'map')
      result[field.name] = Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, single(field, each)]));
    else result[field.name] = single(field, value);
  }
  return result;
}

function single(field: DescField, value: unknown): unknown {
  if (field.message) return jsonOf(field.message, value as Message);
  if (field.enum) return words(field.enum).word(value as number) ?? null;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

function arbitraryOf(desc: DescMessage, depth: number): fc.Arbitrary<Message> {
  const fields = Object.fromEntries(
    desc.fields
      .filter((field) => !(field.message && depth > 3))
      .map((field) => [field.localName, fc.option(valueOf(field, depth), { nil: undefined })]),
  );
  return fc.record(fields).map((init) => create(desc, Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined))));
}

function valueOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const item = itemOf(field, depth);
  if (field.fieldKind === 'list') return fc.array(item, { maxLength: 3 });
  if (field.fieldKind === 'map')
    return fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
      item,
      { maxKeys: 3, noNullPrototype: true },
    );
  return item;
}

function itemOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.message?.typeName === 'google.protobuf.Timestamp')
    return fc.record({ seconds: fc.bigInt(-62_135_596_800n, 253_402_300_799n), nanos: fc.constant(0) });
  if (field.message) return arbitraryOf(field.message, depth + 1);
  if (field.enum) return fc.constantFrom(...field.enum.values.map(({ number }) => number));
  switch (field.scalar) {
    case ScalarType.STRING:
      return fc.string({ unit: 'grapheme' });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.INT64:
      return fc.bigInt(-(2n ** 53n), 2n ** 53n);
    case ScalarType.BYTES:
      return fc.uint8Array();
    case ScalarType.DOUBLE:
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    default:
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  }
}
