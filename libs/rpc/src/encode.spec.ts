import { create, equals, fromBinary, ScalarType, toBinary, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { StructSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { CallerSchema, ListReleasesResponseSchema, services } from '@tonegrid/contracts';
import fc, { type Arbitrary } from 'fast-check';
import { encode } from './encode';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const ints = (bits: 31 | 32) => fc.integer({ min: bits === 32 ? 0 : -(2 ** 31), max: bits === 32 ? 2 ** 32 - 1 : 2 ** 31 - 1 });
const bigs = (signed: boolean) => fc.oneof(fc.bigInt({ min: signed ? -(2n ** 63n) : 0n, max: 2n ** 63n - 1n }), fc.constantFrom(0n, 1n));

function scalar(type: ScalarType): Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.oneof(text, fc.constantFrom('', '0'));
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 8 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.DOUBLE:
      return fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0));
    case ScalarType.FLOAT:
      return fc.integer({ min: -1000, max: 1000 });
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return bigs(true);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return bigs(false);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return ints(32);
    default:
      return ints(31);
  }
}

function value(field: DescField, depth: number): Arbitrary<unknown> {
  const one = (): Arbitrary<unknown> => {
    if (field.message) return init(field.message, depth - 1);
    if (field.enum) return fc.constantFrom(...field.enum.values.map(({ number }) => number));
    return scalar((field as { scalar: ScalarType }).scalar);
  };
  if (field.fieldKind === 'list') return depth <= 0 ? fc.constant([]) : fc.array(one(), { maxLength: 3 });
  if (field.fieldKind === 'map') return fc.dictionary(text, one(), { maxKeys: 3, noNullPrototype: true });
  return one();
}

/** Values as a use case may answer them: fields left out, given, or given as undefined. */
function init(message: DescMessage, depth: number): Arbitrary<Record<string, unknown>> {
  const members: Record<string, Arbitrary<unknown>> = {};
  for (const member of message.members) {
    if (member.kind === 'oneof')
      members[member.localName] = fc.oneof(
        fc.constant({ case: undefined }),
        ...member.fields.map((field) => value(field, depth).map((chosen) => ({ case: field.localName, value: chosen }))),
      );
    else if (depth > 0 || member.fieldKind !== 'message') members[member.localName] = fc.option(value(member, depth), { nil: undefined });
  }
  return fc.record(members, { requiredKeys: [] });
}

const messages = new Map<string, DescMessage>();
for (const service of Object.values(services))
  for (const { input, output } of service.methods) for (const each of [input, output]) messages.set(each.typeName, each);

test('whatever a use case answers, the bytes say what `create` and `toBinary` would', () => {
  for (const message of messages.values())
    fc.assert(
      fc.property(init(message, 3), (values) => {
        const made = create(message, values as never);
        expect(equals(message, fromBinary(message, encode(message, values as never)), made)).toBe(true);
        expect(equals(message, fromBinary(message, encode(message, made)), made)).toBe(true);
      }),
      { numRuns: 20 },
    );
  expect(messages.size).toBeGreaterThan(100);
});

test('an empty list, a zero and what is not there are the same bytes: none', () => {
  expect(encode(ListReleasesResponseSchema, {})).toEqual(new Uint8Array());
  expect(encode(CallerSchema, { tenantUuid: '', scopes: [] })).toEqual(new Uint8Array());
});

test('64-bit numbers are taken as bigint, number and text', () => {
  for (const seconds of [5n, 5, '5']) expect(fromBinary(TimestampSchema, encode(TimestampSchema, { seconds } as never)).seconds).toBe(5n);
  for (const seconds of [0n, 0, '0']) expect(encode(TimestampSchema, { seconds } as never)).toHaveLength(0);
});

test('messages that are written otherwise than they look have the way of the library', () => {
  const values = { fields: { title: { kind: { case: 'stringValue', value: 'Lagos' } } } } as const;
  expect(encode(StructSchema, values)).toEqual(toBinary(StructSchema, create(StructSchema, values)));
});
