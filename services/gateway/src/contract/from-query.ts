import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import type { Problems } from './problems';
import { readEnum, readScalar, readTimestamp, type Read } from './read-values';

/** Query parameters as parsed: a name given more than once has a list. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** Fills the fields of a message that query parameters name. Never throws. */
export type FillFromQuery = (target: Message, query: Query, problems: Problems) => void;

/** A parameter of the query string and how its text is read. */
interface Parameter {
  name: string;
  localName: string;
  list: boolean;
  read: Read;
}

/** The fields of a request that can stand in a query string: scalars, enums, times, and lists of them. */
export const queryFields = (desc: DescMessage, without: ReadonlySet<string>): DescField[] =>
  desc.fields.filter((field) => !without.has(field.name) && readerOf(field) !== undefined);

/**
 * Compiles how a query string fills a message. Unknown parameters are passed over (proxies and analytics add their own, and
 * the reference does not refuse them); known ones are read strictly.
 */
export function compileQuery(desc: DescMessage, without: ReadonlySet<string>): FillFromQuery {
  const parameters: Parameter[] = queryFields(desc, without).map((field) => ({
    name: field.name,
    localName: field.localName,
    list: field.fieldKind === 'list',
    read: readerOf(field)!,
  }));
  return (target, query, problems) => {
    const values = target as unknown as Record<string, unknown>;
    for (const { name, localName, list, read } of parameters) {
      const given = query[name];
      if (given === undefined) continue;
      if (list)
        values[localName] = (Array.isArray(given) ? given : [given])
          .map((each, index) => read(each, `${name}.${index}`, problems))
          .filter((each) => each !== undefined);
      else if (Array.isArray(given)) problems.add(name, 'once');
      else {
        const value = read(given, name, problems);
        if (value !== undefined) values[localName] = value;
      }
    }
  };
}

function readerOf(field: DescField): Read | undefined {
  if (field.oneof) return undefined;
  switch (field.fieldKind) {
    case 'scalar':
      return readScalar(field.scalar, 'query');
    case 'enum':
      return readEnum(field.enum);
    case 'message':
      return field.message.typeName === 'google.protobuf.Timestamp' ? readTimestamp : undefined;
    case 'list':
      return field.listKind === 'scalar' ? readScalar(field.scalar, 'query') : field.listKind === 'enum' ? readEnum(field.enum) : undefined;
    case 'map':
      return undefined;
  }
}
