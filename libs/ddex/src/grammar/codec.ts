import type { XmlElement } from '../read/scan-xml';
import { leaf, type Attributes, type Child, type Node } from '../write/string-tree';

/**
 * Both directions of a message in one table. A record says which element or attribute holds which property, in the order of
 * the schema; writing and reading follow from it, and so does what is lost: a property without an element has no place in
 * that version, an element without a property has no place in the model. Neither can be dropped silently.
 */
export interface Codec<T> {
  write(value: T, name: string, context: Writing): Node;
  /** Undefined for what cannot be read; then it has been told. */
  read(element: XmlElement, context: Reading): T | undefined;
}

/** Something that a message says and the model has no place for. */
export interface Dropped {
  element: XmlElement;
  attribute?: string;
  reason: string;
}

/** What reading has met so far. */
export class Reading {
  readonly dropped: Dropped[] = [];
  /** What a message must say and does not. */
  readonly missing: Dropped[] = [];

  drop(element: XmlElement, reason = 'has no place in the catalogue', attribute?: string): void {
    this.dropped.push(attribute === undefined ? { element, reason } : { element, attribute, reason });
  }

  /** The text of an element that may bear nothing else: attributes and children are told of. */
  text(element: XmlElement): string {
    for (const attribute of element.attributes) this.drop(element, undefined, attribute.name);
    for (const child of element.children) this.drop(child);
    return element.text.trim();
  }
}

/** Something that the model says and a version of ERN cannot, or can only say nearly. */
export interface Loss {
  /** Where in the model: `recordings[0].editions[1]`. */
  path: string;
  reason: string;
}

/** What writing has met so far. */
export class Writing {
  readonly losses: Loss[] = [];
  /** What a version must be told, the model does not say and follows from the rest of it. */
  readonly supplied: Loss[] = [];
  private readonly path: (string | number)[] = [];

  constructor(
    /** `4.3`. */
    readonly version: string,
  ) {}

  enter(step: string | number): void {
    this.path.push(step);
  }

  leave(): void {
    this.path.pop();
  }

  /** @param where from the model's root */
  supply(where: string, reason: string): void {
    this.supplied.push({ path: where, reason });
  }

  /** @param where below the present place, `` for the place itself */
  lose(where: string, reason = `ERN ${this.version} has no place for it`): void {
    const steps = this.path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
    this.losses.push({ path: steps === '' ? where : where === '' || where.startsWith('[') ? steps + where : `${steps}.${where}`, reason });
  }
}

type Key<T> = Extract<keyof T, string>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- one table holds fields of every kind
type Any = any;

/** One line of a record's table. */
export interface Field<T> {
  /** Properties that it accounts for. */
  keys: readonly Key<T>[];
  attribute?: { name: string; write(value: T, context: Writing): string | undefined; read(text: string, target: T): boolean };
  /** Text of the element itself. */
  content?: { write(value: T): string; read(text: string, target: T): boolean };
  write?(value: T, out: Child[], context: Writing): void;
  elements?: Readonly<Record<string, (element: XmlElement, target: T, context: Reading) => void>>;
  /** Properties that must have been read. */
  required?: readonly Key<T>[];
  /** Properties that are an empty list unless something was read. */
  listed?: readonly Key<T>[];
}

/** A simple type: undefined for text that is none of its values. */
export interface Scalar<V> {
  parse(text: string): V | undefined;
  format(value: V): string;
}

export const text: Scalar<string> = { parse: (value) => value, format: (value) => value };
export const integer: Scalar<number> = {
  parse: (value) => (/^[+-]?\d{1,15}$/.test(value) ? Number(value) : undefined),
  format: String,
};
export const decimal: Scalar<number> = {
  parse: (value) => (/^[+-]?(\d{1,15}(\.\d*)?|\.\d+)$/.test(value) ? Number(value) : undefined),
  format: (value) => (Number.isInteger(value) ? String(value) : String(Number(value.toFixed(9)))),
};
export const flag: Scalar<boolean> = {
  parse: (value) => (value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : undefined),
  format: String,
};
/** ISO 8601 as seconds, to the millisecond: `PT3M38S`, `PT1H0M2.5S`. Days are read, years and months are no length. */
export const duration: Scalar<number> = {
  parse(value) {
    const parts = /^P(?:(\d{1,6})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/.exec(value);
    if (!parts || value.endsWith('T') || value === 'P') return undefined;
    const [, days = 0, hours = 0, minutes = 0, seconds = 0] = parts;
    return Math.round((Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000) / 1000;
  },
  format(seconds) {
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    const rest = Math.round((seconds % 60) * 1000) / 1000;
    return `PT${hours > 0 ? `${hours}H` : ''}${hours > 0 || minutes > 0 ? `${minutes}M` : ''}${rest}S`;
  },
};

/** A scalar as an element by itself. */
const plain = <V>(scalar: Scalar<V>): Codec<V> => ({
  write: (value, name) => ({ name, attributes: null, content: scalar.format(value) }),
  read(element, context) {
    const value = scalar.parse(context.text(element));
    if (value === undefined) context.drop(element, 'is no value of its type');
    return value;
  },
});

const isCodec = (type: object): type is Codec<Any> => 'write' in type;
const codecOf = (type: Codec<Any> | Scalar<Any>): Codec<Any> => (isCodec(type) ? type : plain(type));

/** An attribute. */
export function attribute<T, K extends Key<T>>(name: string, key: K, scalar: Scalar<NonNullable<T[K]>>): Field<T> {
  return {
    keys: [key],
    attribute: {
      name,
      write(value) {
        const held = value[key];
        return held === undefined || held === null ? undefined : scalar.format(held);
      },
      read(given, target) {
        const parsed = scalar.parse(given.trim());
        if (parsed === undefined) return false;
        target[key] = parsed;
        return true;
      },
    },
  };
}

/** The text of the element itself. */
export const content = <T, K extends Key<T>>(key: K, scalar: Scalar<NonNullable<T[K]>>): Field<T> => ({
  keys: [key],
  content: {
    write(value) {
      const held = value[key];
      return held === undefined || held === null ? '' : scalar.format(held);
    },
    read(given, target) {
      const parsed = scalar.parse(given);
      if (parsed === undefined) return false;
      target[key] = parsed;
      return true;
    },
  },
});

/** An element that occurs once at most; a second one is told of. */
export function one<T, K extends Key<T>>(
  name: string,
  key: K,
  type: Codec<NonNullable<T[K]>> | Scalar<NonNullable<T[K]>>,
  options: { required?: boolean } = {},
): Field<T> {
  const codec = codecOf(type);
  const scalar = isCodec(type) ? null : (type as Scalar<Any>);
  return {
    keys: [key],
    ...(options.required ? { required: [key] } : {}),
    write(value, out, context) {
      const held = value[key];
      if (held === undefined || held === null) return;
      if (scalar) return void out.push({ name, attributes: null, content: scalar.format(held) });
      context.enter(key);
      out.push(codec.write(held, name, context));
      context.leave();
    },
    elements: {
      [name](element, target, context) {
        if (target[key] !== undefined) return context.drop(element, 'is said more than once; the first stands');
        const read = codec.read(element, context) as T[K] | undefined;
        if (read !== undefined) target[key] = read;
      },
    },
  };
}

type Item<L> = NonNullable<L> extends readonly (infer V)[] ? V : never;

/** An element that may occur many times. `listed`: the property is an empty list rather than absent. */
export function many<T, K extends Key<T>>(
  name: string,
  key: K,
  type: Codec<Item<T[K]>> | Scalar<Item<T[K]>>,
  options: { listed?: boolean; required?: boolean } = {},
): Field<T> {
  const codec = codecOf(type);
  const scalar = isCodec(type) ? null : (type as Scalar<Any>);
  return {
    keys: [key],
    ...(options.listed ? { listed: [key] } : {}),
    ...(options.required ? { required: [key] } : {}),
    write(value, out, context) {
      const items = value[key] as unknown as Any[] | undefined;
      if (!items || items.length === 0) return;
      if (scalar) {
        for (const item of items) out.push({ name, attributes: null, content: scalar.format(item) });
        return;
      }
      context.enter(key);
      for (let index = 0; index < items.length; index++) {
        context.enter(index);
        out.push(codec.write(items[index], name, context));
        context.leave();
      }
      context.leave();
    },
    elements: {
      [name](element, target, context) {
        const read: unknown = codec.read(element, context);
        if (read === undefined) return;
        const list = target[key] as unknown as unknown[] | undefined;
        if (list) list.push(read);
        else (target as Record<string, unknown>)[key] = [read];
      },
    },
  };
}

/** An element whose children belong to the same object. Left out when it would be empty, unless `always`. */
export function within<T>(name: string, fields: readonly Field<T>[], options: { always?: boolean; repeats?: boolean } = {}): Field<T> {
  const inner = compile(fields);
  const seen = new WeakSet<object>();
  return {
    keys: fields.flatMap((field) => field.keys),
    required: fields.flatMap((field) => field.required ?? []),
    listed: fields.flatMap((field) => field.listed ?? []),
    write(value, out, context) {
      const node = inner.write(value, name, context);
      if (options.always || node.attributes || node.content.length > 0) out.push(node);
    },
    elements: {
      [name](element, target, context) {
        if (!options.repeats) {
          if (seen.has(target as object)) return context.drop(element, 'is said more than once; the first stands');
          seen.add(target as object);
        }
        inner.readInto(element, target, context);
      },
    },
  };
}

/** Elements that are written but say nothing that the model does not hold already: `read` checks that, or tells. */
export const derived = <T>(
  name: string,
  write: (value: T) => string | undefined,
  agrees: (text: string, target: T) => boolean,
): Field<T> => ({
  keys: [],
  write(value, out) {
    const said = leaf(name, write(value));
    if (said) out.push(said);
  },
  elements: {
    [name](element, target, context) {
      if (!agrees(context.text(element), target)) context.drop(element);
    },
  },
});

/** Namespaces and where the schema lies: they frame a message and say nothing. */
const frames = (name: string): boolean =>
  name === 'xmlns' || name.startsWith('xmlns:') || /^[^:]+:(schemaLocation|noNamespaceSchemaLocation)$/.test(name);

function compile<T>(fields: readonly Field<T>[]) {
  const attributes = fields.flatMap((field) => (field.attribute ? [field.attribute] : []));
  const attributeNamed = new Map(attributes.map((item) => [item.name, item]));
  const handlers = new Map<string, (element: XmlElement, target: T, context: Reading) => void>();
  for (const field of fields)
    for (const [name, handler] of Object.entries(field.elements ?? {})) {
      if (handlers.has(name)) throw new Error(`${name} is read by two fields`);
      handlers.set(name, handler);
    }
  const writers = fields.flatMap((field) => (field.write ? [field.write.bind(field)] : []));
  const body = fields.find((field) => field.content)?.content;
  const known = new Set<string>(fields.flatMap((field) => field.keys));
  const required = fields.flatMap((field) => field.required ?? []);
  const listed = fields.flatMap((field) => field.listed ?? []);

  return {
    known,
    write(value: T, name: string, context: Writing): Node {
      let given: Attributes | null = null;
      for (const item of attributes) {
        const said = item.write(value, context);
        if (said !== undefined) (given ??= {})[item.name] = said;
      }
      if (body) return { name, attributes: given, content: body.write(value) };
      const children: Child[] = [];
      for (const write of writers) write(value, children, context);
      return { name, attributes: given, content: children };
    },
    readInto(element: XmlElement, target: T, context: Reading): void {
      for (const item of element.attributes) {
        const named = attributeNamed.get(item.name);
        if (named) {
          if (!named.read(item.value, target)) context.drop(element, 'is no value of its type', item.name);
        } else if (!frames(item.name)) context.drop(element, undefined, item.name);
      }
      if (body) {
        for (const child of element.children) context.drop(child);
        if (!body.read(element.text.trim(), target)) context.drop(element, 'is no value of its type');
        return;
      }
      for (const child of element.children) {
        const handler = handlers.get(child.name);
        if (handler) handler(child, target, context);
        else context.drop(child);
      }
      if (element.raw !== '' && element.raw.trim() !== '') context.drop(element, 'holds text where elements belong');
    },
    finish(element: XmlElement, target: T, context: Reading): void {
      for (const key of listed) if (target[key] === undefined) (target as Record<string, unknown>)[key] = [];
      for (const key of required) if (target[key] === undefined) context.missing.push({ element, reason: key });
    },
  };
}

/** An object and its element, by the table of its fields in the order of the schema. */
export function record<T extends object>(fields: readonly Field<T>[]): Codec<T> {
  const table = compile(fields);
  return {
    write(value, name, context) {
      for (const key in value) {
        if (table.known.has(key)) continue;
        const held: unknown = value[key];
        if (held !== undefined && !(Array.isArray(held) && held.length === 0)) context.lose(key);
      }
      return table.write(value, name, context);
    },
    read(element, context) {
      const target = {} as T;
      table.readInto(element, target, context);
      table.finish(element, target, context);
      return target;
    },
  };
}

/** One shape written as another: what a version says differently. `to` tells of what it cannot carry over. */
export const view = <T, S>(
  codec: Codec<S>,
  to: (value: T, context: Writing) => S,
  from: (shape: S, element: XmlElement, context: Reading) => T | undefined,
): Codec<T> => ({
  write: (value, name, context) => codec.write(to(value, context), name, context),
  read(element, context) {
    const shape = codec.read(element, context);
    return shape === undefined ? undefined : from(shape, element, context);
  },
});
