import { create, ScalarType, type DescEnum } from '@bufbuild/protobuf';
import { TimestampSchema, type Timestamp } from '@bufbuild/protobuf/wkt';
import { words } from '@tonegrid/contracts';
import { parseDate } from '@tonegrid/rpc';
import type { RuleName } from '@tonegrid/rpc';
import type { Problems } from './problems';

/** Reads one JSON value into a field's value; what is wrong is told to `problems` and read as undefined. */
export type Read = (value: unknown, path: string, problems: Problems) => unknown;

/** Where a value comes from: a JSON body keeps types, a query string has only text. */
export type Source = 'body' | 'query';

const wrong = (path: string, problems: Problems, rule: RuleName): undefined => problems.add(path, rule) as undefined;

const text: Read = (value, path, problems) => (typeof value === 'string' ? value : wrong(path, problems, 'string'));

const truth: Record<Source, Read> = {
  body: (value, path, problems) => (typeof value === 'boolean' ? value : wrong(path, problems, 'boolean')),
  query: (value, path, problems) => (value === 'true' ? true : value === 'false' ? false : wrong(path, problems, 'boolean')),
};

const number: Record<Source, Read> = {
  body: (value, path, problems) => (typeof value === 'number' && Number.isFinite(value) ? value : wrong(path, problems, 'number')),
  query: (value, path, problems) => {
    const read = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
    return Number.isFinite(read) ? read : wrong(path, problems, 'number');
  },
};

/** @param min @param max bounds of the wire type. In a query what lies beyond is brought back to the bound: a count that is clamped anyway. */
function integer(source: Source, min: number, max: number, big: boolean): Read {
  return (value, path, problems) => {
    let read = value;
    if (source === 'query') read = typeof value === 'string' && /^-?\d+$/.test(value) ? Math.min(Math.max(Number(value), min), max) : NaN;
    if (typeof read !== 'number' || !Number.isInteger(read)) return wrong(path, problems, 'integer');
    if (read < min) return problems.add(path, 'min', { limit: min });
    if (read > max) return problems.add(path, 'max', { limit: max });
    return big ? BigInt(read) : read;
  };
}

const bytes: Read = (value, path, problems) =>
  typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0
    ? new Uint8Array(Buffer.from(value, 'base64'))
    : wrong(path, problems, 'base64');

/** The reader of a scalar type. 64-bit numbers are JSON numbers, so only safe integers. */
export function readScalar(type: ScalarType, source: Source): Read {
  switch (type) {
    case ScalarType.STRING:
      return text;
    case ScalarType.BOOL:
      return truth[source];
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return integer(source, -(2 ** 31), 2 ** 31 - 1, false);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return integer(source, 0, 2 ** 32 - 1, false);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return integer(source, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return integer(source, 0, Number.MAX_SAFE_INTEGER, true);
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return number[source];
    case ScalarType.BYTES:
      return bytes;
  }
}

/** The reader of an enum: its documented lower-case words, nothing else. */
export function readEnum(desc: DescEnum): Read {
  const known = words(desc);
  const values = known.all.join(', ');
  return (value, path, problems) =>
    (typeof value === 'string' ? known.value(value) : undefined) ?? problems.add(path, 'one_of', { values });
}

const instant = /^(\d{4}-\d{2}-\d{2})[Tt]\d{2}:\d{2}:\d{2}(?:\.(\d{1,9}))?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** RFC 3339 to a timestamp; undefined for what is none. */
export function parseInstant(value: string): Timestamp | undefined {
  const match = instant.exec(value);
  const ms = match && parseDate(match[1]!) ? Date.parse(value.toUpperCase()) : NaN;
  if (!match || Number.isNaN(ms)) return undefined;
  return create(TimestampSchema, { seconds: BigInt(Math.floor(ms / 1000)), nanos: Number((match[2] ?? '').padEnd(9, '0')) });
}

/** The reader of a google.protobuf.Timestamp. */
export const readTimestamp: Read = (value, path, problems) =>
  (typeof value === 'string' ? parseInstant(value) : undefined) ?? wrong(path, problems, 'instant');
