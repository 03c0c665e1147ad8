import { create, getOption, hasOption, ScalarType, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import { rule as ruleOption } from '@tonegrid/contracts';
import type { Problems } from './problems';
import { readEnum, readScalar, readTimestamp, type Read } from './read-values';

/** Fills a message from a JSON object; what is wrong is told to `problems`. Never throws. */
export type FillMessage = (target: Message, source: object, path: string, problems: Problems) => void;

interface Entry {
  localName: string;
  read: Read;
}

/** The field that tells which others were supplied; the engine fills it, a caller cannot. */
const maskName = 'update_mask';

/** Whether a value is a JSON object. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Compiles how a JSON object becomes a message of a type: `snake_case` names, null as absent, unknown names refused. A
 * `google.protobuf.FieldMask update_mask` gets the names that were supplied, null included.
 * Throws, at start-up, for what has no JSON form here: oneofs, recursion, maps without text keys.
 * @param without names of fields that the body cannot set, because the path does
 */
export function compileFill(desc: DescMessage, without: ReadonlySet<string> = new Set(), above: readonly DescMessage[] = []): FillMessage {
  if (above.includes(desc)) throw new Error(`${desc.typeName} contains itself: requests must have a bounded depth`);
  const entries = new Map<string, Entry>();
  let mask = false;
  for (const field of desc.fields) {
    if (without.has(field.name)) continue;
    if (field.oneof) throw new Error(`${desc.typeName}.${field.name}: oneof has no form in REST requests`);
    if (field.name === maskName && field.message?.typeName === 'google.protobuf.FieldMask') mask = true;
    else entries.set(field.name, { localName: field.localName, read: compileField(field, [...above, desc]) });
  }
  return (target, source, path, problems) => {
    const values = target as unknown as Record<string, unknown>;
    const supplied: string[] = [];
    for (const name of Object.keys(source)) {
      const entry = entries.get(name);
      if (!entry) {
        problems.add(path === '' ? name : `${path}.${name}`, 'unknown');
        continue;
      }
      supplied.push(name);
      const value = (source as Record<string, unknown>)[name];
      if (value === null) continue;
      const read = entry.read(value, path === '' ? name : `${path}.${name}`, problems);
      if (read !== undefined) values[entry.localName] = read;
    }
    if (mask) values['updateMask'] = { $typeName: 'google.protobuf.FieldMask', paths: supplied };
  };
}

function compileField(field: DescField, above: readonly DescMessage[]): Read {
  switch (field.fieldKind) {
    case 'scalar':
      return readScalar(field.scalar, 'body');
    case 'enum':
      return readEnum(field.enum);
    case 'message':
      return compileMessage(field.message, above);
    case 'map':
      return compileMap(field, above);
    case 'list':
      return compileList(field, above);
  }
}

function compileMessage(desc: DescMessage, above: readonly DescMessage[]): Read {
  if (desc.typeName === 'google.protobuf.Timestamp') return readTimestamp;
  if (desc.typeName.startsWith('google.protobuf.')) throw new Error(`${desc.typeName} has no form in REST requests`);
  const fill = compileFill(desc, undefined, above);
  return (value, path, problems) => {
    if (!isObject(value)) return problems.add(path, 'object');
    const message = create(desc);
    fill(message, value, path, problems);
    return message;
  };
}

function compileList(field: DescField & { fieldKind: 'list' }, above: readonly DescMessage[]): Read {
  const single = hasOption(field, ruleOption) && getOption(field, ruleOption).single;
  const item =
    field.listKind === 'message'
      ? compileMessage(field.message, above)
      : field.listKind === 'enum'
        ? readEnum(field.enum)
        : readScalar(field.scalar, 'body');
  // Stands in for an item that could not be read, so that the indices of the others stay right.
  const blank = (): unknown =>
    field.listKind === 'message' ? create(field.message) : field.listKind === 'scalar' && field.scalar === ScalarType.STRING ? '' : 0;
  return (value, path, problems) => {
    const items = Array.isArray(value) ? (value as unknown[]) : single && typeof value !== 'object' ? [value] : undefined;
    if (!items) return problems.add(path, 'array');
    return items.map((each, index) => item(each, `${path}.${index}`, problems) ?? blank());
  };
}

function compileMap(field: DescField & { fieldKind: 'map' }, above: readonly DescMessage[]): Read {
  if (field.mapKey !== ScalarType.STRING) throw new Error(`${field.toString()}: keys of maps must be text`);
  const item =
    field.mapKind === 'message'
      ? compileMessage(field.message, above)
      : field.mapKind === 'enum'
        ? readEnum(field.enum)
        : readScalar(field.scalar, 'body');
  return (value, path, problems) => {
    if (!isObject(value)) return problems.add(path, 'object');
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      // As a name of a plain object this one is not an entry but a prototype, and would vanish without a word.
      if (key === '__proto__') problems.add(`${path}.${key}`, 'unknown');
      else {
        const read = item(value[key], `${path}.${key}`, problems);
        if (read !== undefined) result[key] = read;
      }
    }
    return result;
  };
}
