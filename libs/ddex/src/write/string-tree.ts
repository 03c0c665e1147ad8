/** An element: name, attributes in order, and either text or children. Undefined attributes and children are left out. */
export interface Node {
  name: string;
  attributes: Attributes | null;
  content: string | Child[];
}
export type Child = Node | null | undefined | false;
export type Attributes = Record<string, string | number | boolean | undefined>;

/** Text that no XML document can hold. */
export class IllegalXmlText extends Error {
  constructor(place: string, character: number) {
    super(`${place} holds U+${character.toString(16).toUpperCase().padStart(4, '0')}, which XML does not allow`);
    this.name = 'IllegalXmlText';
  }
}

// Nine tenths of all texts are of these characters alone: they need no other look.
const harmless = /^[ !#-%'-;=?-~]*$/;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const illegal = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/;
const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function refuseIllegal(text: string, place: string): void {
  const bad = illegal.exec(text);
  if (bad) throw new IllegalXmlText(place, bad[0].charCodeAt(0));
  if (!text.isWellFormed()) throw new IllegalXmlText(place, /\p{Surrogate}/u.exec(text)![0].charCodeAt(0));
}

/** Escapes character data; what XML cannot hold in any form is refused, naming the place. @throws IllegalXmlText */
export function escapeText(text: string, place: string): string {
  if (harmless.test(text)) return text;
  refuseIllegal(text, place);
  // A carriage return would be read back as a line feed (XML 1.0, 2.11).
  return text.replace(/[&<>\r]/g, (character) => escapes[character]!);
}

/** Escapes an attribute's value, white space included: it would be read back as spaces (XML 1.0, 3.3.3). @throws IllegalXmlText */
export function escapeAttribute(text: string, place: string): string {
  if (harmless.test(text)) return text;
  refuseIllegal(text, place);
  return text.replace(/[&<>"\t\n\r]/g, (character) => escapes[character]!);
}

/** An element with text or children. */
export function element(name: string, attributes: Attributes | null, content: string | number | boolean | Child[]): Node {
  return { name, attributes, content: Array.isArray(content) ? content : String(content) };
}

/** An element of text alone, or nothing at all for an unknown value. */
export const leaf = (
  name: string,
  value: string | number | boolean | undefined | null,
  attributes: Attributes | null = null,
): Node | null => (value === undefined || value === null ? null : { name, attributes, content: String(value) });

function write(node: Node, indent: string): string {
  let tag = `${indent}<${node.name}`;
  if (node.attributes) {
    for (const name in node.attributes) {
      const value = node.attributes[name];
      if (value !== undefined) tag += ` ${name}="${escapeAttribute(String(value), name)}"`;
    }
  }
  if (typeof node.content === 'string') return `${tag}>${escapeText(node.content, node.name)}</${node.name}>\n`;
  const deeper = `${indent}  `;
  tag += '>\n';
  for (const child of node.content) if (child) tag += write(child, deeper);
  return `${tag}${indent}</${node.name}>\n`;
}

/** A whole document, indented by two spaces, one element a line: the lines that validation reports point at. @throws IllegalXmlText */
export const serialize = (root: Node): string => `<?xml version="1.0" encoding="UTF-8"?>\n${write(root, '')}`;
