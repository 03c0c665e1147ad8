import { getOption, hasOption, ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import { omit_when_unset as omitOption, words } from '@tonegrid/contracts';
import { Wire } from './wire';

/** Writes a message, given as its bytes, as a JSON object. */
export type WriteJson = (bytes: Buffer) => string;

/** Reads one value at the wire's position and gives its JSON. */
type ReadValue = (wire: Wire) => string;
type ReadMessage = (wire: Wire, end: number, head: string) => string;

interface Slot {
  index: number;
  wireType: number;
  read: ReadValue;
  /** Items are gathered with commas between them. */
  many: boolean;
  /** Wire type of a single item that may also come packed; undefined when it may not. */
  packed: boolean;
}

interface Plan {
  /** By field number. */
  slots: (Slot | undefined)[];
  /** `"name":` of each field, in the order of the descriptor. */
  names: string[];
  /** What stands for a field that is not on the wire; undefined leaves it out. */
  unset: (string | undefined)[];
  /** What encloses gathered items. */
  brackets: ('[]' | '{}' | undefined)[];
}

/**
 * Compiles how messages of a type are written as JSON (REST surface, section 1), straight from their bytes: documented fields
 * are there as null when unset, but for omit_when_unset; 64-bit counts are numbers; enums are words; times are RFC 3339 in
 * whole seconds; bytes are base64. Fields keep the order of the contract whatever their order on the wire.
 * @param envelope puts `"success":true` first
 */
export function compileWriter(desc: DescMessage, envelope: boolean): WriteJson {
  const read = compileMessage(desc, new Map());
  const head = envelope ? '{"success":true' : '{';
  return (bytes) => read(new Wire(bytes), bytes.length, head);
}

function compileMessage(desc: DescMessage, known: Map<DescMessage, ReadMessage>): ReadMessage {
  const made = known.get(desc);
  if (made) return made;
  let plan: Plan | undefined;
  const read: ReadMessage = (wire, end, head) => readMessage((plan ??= planOf(desc, known)), wire, end, head);
  known.set(desc, read);
  plan = planOf(desc, known);
  return read;
}

function readMessage(plan: Plan, wire: Wire, end: number, head: string): string {
  const { slots, names, unset, brackets } = plan;
  const values: (string | undefined)[] = new Array<string | undefined>(names.length);
  while (wire.pos < end) {
    const tag = wire.tag();
    const slot = slots[tag >>> 3];
    const wireType = tag & 7;
    if (!slot) wire.skip(wireType);
    else if (wireType !== slot.wireType) {
      if (!slot.packed || wireType !== 2) wire.skip(wireType);
      else for (const last = wire.delimited(); wire.pos < last;) gather(values, slot.index, slot.read(wire));
    } else if (slot.many) gather(values, slot.index, slot.read(wire));
    else values[slot.index] = slot.read(wire);
  }
  let json = head;
  let first = head.length === 1;
  for (let index = 0; index < names.length; index += 1) {
    const value = values[index];
    const enclosing = brackets[index];
    const shown = value === undefined ? unset[index] : enclosing === undefined ? value : enclosing === '[]' ? `[${value}]` : `{${value}}`;
    if (shown === undefined) continue;
    json += first ? names[index]! : `,${names[index]!}`;
    json += shown;
    first = false;
  }
  return `${json}}`;
}

function gather(values: (string | undefined)[], index: number, item: string): void {
  const before = values[index];
  values[index] = before === undefined ? item : `${before},${item}`;
}

function planOf(desc: DescMessage, known: Map<DescMessage, ReadMessage>): Plan {
  const plan: Plan = { slots: [], names: [], unset: [], brackets: [] };
  desc.fields.forEach((field, index) => {
    const { read, wireType } = valueOf(field, known);
    const many = field.fieldKind === 'list' || field.fieldKind === 'map';
    plan.slots[field.number] = { index, wireType, read, many, packed: field.fieldKind === 'list' && wireType !== 2 };
    plan.names.push(`${JSON.stringify(field.name)}:`);
    plan.unset.push(hasOption(field, omitOption) && getOption(field, omitOption) ? undefined : unsetOf(field));
    plan.brackets.push(field.fieldKind === 'list' ? '[]' : field.fieldKind === 'map' ? '{}' : undefined);
  });
  return plan;
}

/** Where a field may be unknown, null; where the wire leaves out its zero, the zero. */
function unsetOf(field: DescField): string {
  if (field.fieldKind === 'list') return '[]';
  if (field.fieldKind === 'map') return '{}';
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT || field.fieldKind !== 'scalar') return 'null';
  if (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES) return '""';
  return field.scalar === ScalarType.BOOL ? 'false' : '0';
}

function valueOf(field: DescField, known: Map<DescMessage, ReadMessage>): { read: ReadValue; wireType: number } {
  if (field.fieldKind === 'map') return { read: mapEntry(field, known), wireType: 2 };
  if (field.message) return { read: nested(field.message, known), wireType: 2 };
  if (field.enum) return { read: enumValue(field), wireType: 0 };
  return scalarValue(field.scalar);
}

function nested(desc: DescMessage, known: Map<DescMessage, ReadMessage>): ReadValue {
  if (desc.typeName === 'google.protobuf.Timestamp') return timestamp;
  if (desc.typeName.startsWith('google.protobuf.')) throw new Error(`${desc.typeName} has no form in REST answers`);
  const read = compileMessage(desc, known);
  return (wire) => {
    const end = wire.delimited();
    return read(wire, end, '{');
  };
}

/** `2026-03-10T09:00:00Z`: whole seconds, as the reference shows them. */
function timestamp(wire: Wire): string {
  const end = wire.delimited();
  let seconds = 0;
  while (wire.pos < end) {
    const tag = wire.tag();
    if (tag === 8) seconds = Number(wire.int64(true));
    else wire.skip(tag & 7);
  }
  if (seconds !== written.seconds) written = { seconds, text: `"${new Date(seconds * 1000).toISOString().slice(0, 19)}Z"` };
  return written.text;
}

/** The last one: what was made together has one time. */
let written = { seconds: 0, text: '"1970-01-01T00:00:00Z"' };

function enumValue(field: DescField): ReadValue {
  const known = words(field.enum!);
  const texts = new Map(
    field.enum!.values.map(({ number }) => [number, known.word(number) === undefined ? 'null' : JSON.stringify(known.word(number))]),
  );
  return (wire) => texts.get(wire.int32()) ?? 'null';
}

function mapEntry(field: DescField & { fieldKind: 'map' }, known: Map<DescMessage, ReadMessage>): ReadValue {
  if (field.mapKey !== ScalarType.STRING) throw new Error(`${field.toString()}: keys of maps must be text`);
  const { read, wireType, zero } =
    field.mapKind === 'scalar'
      ? { ...scalarValue(field.scalar), zero: field.scalar === ScalarType.STRING ? '""' : field.scalar === ScalarType.BOOL ? 'false' : '0' }
      : field.mapKind === 'message'
        ? { read: nested(field.message, known), wireType: 2, zero: '{}' }
        : { read: enumValue(field), wireType: 0, zero: 'null' };
  return (wire) => {
    const end = wire.delimited();
    let key = '""';
    let value = zero;
    while (wire.pos < end) {
      const tag = wire.tag();
      if (tag === 10) key = wire.quoted();
      else if (tag === 16 + wireType) value = read(wire);
      else wire.skip(tag & 7);
    }
    return `${key}:${value}`;
  };
}

function scalarValue(type: ScalarType): { read: ReadValue; wireType: number } {
  switch (type) {
    case ScalarType.STRING:
      return { read: (wire) => wire.quoted(), wireType: 2 };
    case ScalarType.BYTES:
      return { read: (wire) => wire.base64(), wireType: 2 };
    case ScalarType.BOOL:
      return { read: (wire) => (wire.bool() ? 'true' : 'false'), wireType: 0 };
    case ScalarType.INT32:
      return { read: (wire) => String(wire.int32()), wireType: 0 };
    case ScalarType.UINT32:
      return { read: (wire) => String(wire.uint32()), wireType: 0 };
    case ScalarType.SINT32:
      return { read: (wire) => String(wire.sint32()), wireType: 0 };
    case ScalarType.INT64:
      return { read: (wire) => wire.int64(true), wireType: 0 };
    case ScalarType.UINT64:
      return { read: (wire) => wire.int64(false), wireType: 0 };
    case ScalarType.SINT64:
      return { read: (wire) => wire.sint64(), wireType: 0 };
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return { read: (wire) => wire.fixed32(type === ScalarType.SFIXED32), wireType: 5 };
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return { read: (wire) => wire.fixed64(type === ScalarType.SFIXED64), wireType: 1 };
    case ScalarType.FLOAT:
      return { read: (wire) => wire.float(), wireType: 5 };
    case ScalarType.DOUBLE:
      return { read: (wire) => wire.double(), wireType: 1 };
  }
}
