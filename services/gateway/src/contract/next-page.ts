import type { DescMessage } from '@bufbuild/protobuf';
import { Wire } from './wire';

/** Finds the cursor of the next page in a list answer's bytes; undefined on the last page. */
export type FindNextCursor = (bytes: Buffer) => string | undefined;

/** How a list answer of this type tells where it goes on (`next_cursor`, or `meta.next_cursor`); undefined for what is no list. */
export function compileNextCursor(desc: DescMessage): FindNextCursor | undefined {
  const own = desc.fields.find((field) => field.name === 'next_cursor');
  if (own) return (bytes) => textAt(bytes, 0, bytes.length, own.number);
  const meta = desc.fields.find((field) => field.name === 'meta');
  const inner = meta?.message?.fields.find((field) => field.name === 'next_cursor');
  if (!meta || !inner) return undefined;
  return (bytes) => {
    const at = find(bytes, 0, bytes.length, meta.number);
    return at && textAt(bytes, at.start, at.end, inner.number);
  };
}

/**
 * The `Link` header of a page that has a next one (RFC 8288): the same request with its `cursor`, and without the `page` that
 * belongs to the other mode.
 * @param url absolute URL of the list, without a query
 */
export function linkNext(url: string, query: string, cursor: string): string {
  const parameters = new URLSearchParams(query);
  parameters.delete('page');
  parameters.set('cursor', cursor);
  return `<${url}?${parameters.toString()}>; rel="next"`;
}

function textAt(bytes: Buffer, start: number, end: number, number: number): string | undefined {
  const at = find(bytes, start, end, number);
  return at === undefined || at.start === at.end ? undefined : bytes.toString('utf8', at.start, at.end);
}

function find(bytes: Buffer, start: number, end: number, number: number): { start: number; end: number } | undefined {
  const wire = new Wire(bytes, start, end);
  let found: { start: number; end: number } | undefined;
  while (wire.pos < end) {
    const tag = wire.tag();
    if (tag !== number * 8 + 2) wire.skip(tag & 7);
    else {
      const last = wire.delimited();
      found = { start: wire.pos, end: last };
      wire.pos = last;
    }
  }
  return found;
}
