import type { FieldMask } from '@bufbuild/protobuf/wkt';

/** Names that a request may supply, as the mask spells them: its fields in snake_case. */
type Name<R> = { [K in keyof R & string]: Snake<K> }[keyof R & string];
type Snake<T extends string> = T extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : '';

/**
 * Tells which fields an update supplies. The gateway names them in `update_mask`, null included; from a caller without a
 * mask, those that have a value.
 */
export function supplied<R extends { updateMask?: FieldMask }>(request: R): (field: Name<R>) => boolean {
  const { updateMask } = request;
  if (updateMask) {
    const names = new Set(updateMask.paths);
    return (field) => names.has(field);
  }
  return (field) => {
    const value = request[field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()) as keyof R];
    if (value === undefined) return false;
    return typeof value !== 'object' || value === null || Object.keys(value).length > 0;
  };
}

/** Those of the values that differ from what is stored. */
export function changedFields<T extends object>(stored: T, values: Partial<T>): Partial<T> {
  const entries = Object.entries(values) as [keyof T, T[keyof T]][];
  return Object.fromEntries(entries.filter(([name, value]) => canonical(stored[name]) !== canonical(value))) as Partial<T>;
}

/** One text for equal values: keys of objects in one order, bigint as pg gives it. */
const canonical = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, part: unknown) => {
    if (typeof part === 'bigint') return String(part);
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

/** Of what is stored, the fields that a change names; nothing when nothing is stored. */
export const only = <T extends object>(stored: T | undefined, change: Partial<T>): Partial<T> =>
  stored ? (Object.fromEntries((Object.keys(change) as (keyof T)[]).map((name) => [name, stored[name]])) as Partial<T>) : {};
