import { isUtf8 } from 'node:buffer';

// Shared by all elements without children or attributes: most of a message.
const nothing: never[] = [];

/**
 * Documents are scanned as their bytes, held in a string of one character per byte: what the scan looks for is ASCII, a
 * one-byte string is several times as fast to make and to scan as decoded text, and only the few values that a caller asks
 * for are decoded. Offsets are therefore offsets of bytes.
 */
export type ByteString = string;

const beyondAscii = /[\x80-\xff]/;
const utf8 = (bytes: ByteString): string => (beyondAscii.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes);
const plain = (raw: ByteString): string => {
  const text = utf8(raw);
  return text.includes('&') ? decodeReferences(text, 0) : text;
};

/** An attribute as written. */
export class XmlAttribute {
  constructor(
    readonly name: string,
    private readonly raw: ByteString,
    /** Offset of its name in the document. */
    readonly start: number,
  ) {}

  get value(): string {
    return plain(this.raw);
  }
}

/** An element of a scanned document. */
export class XmlElement {
  attributes: XmlAttribute[] = nothing;
  children: XmlElement[] = nothing;
  /** Character data of a leaf, references undecoded; `''` where there are children. */
  raw: ByteString = '';

  constructor(
    /** As written, with its prefix. */
    readonly name: string,
    /** Offset of its `<` in the document. */
    readonly start: number,
    readonly parent: XmlElement | null,
  ) {}

  /** Character data of a leaf; an element with children has `''`. */
  get text(): string {
    return this.raw === '' ? '' : plain(this.raw);
  }
}

/** Why a document is refused, and where. `code` is stable: `xml.malformed`, `xml.doctype`, `xml.entity`, `xml.too_deep`, … */
export class XmlRefused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly offset: number,
  ) {
    super(message);
    this.name = 'XmlRefused';
  }
}

/** Bounds of a scan. The defaults hold any message that a catalogue can produce and nothing that only an attacker would. */
export interface ScanLimits {
  /** Default 100. */
  maxDepth?: number;
  /** Elements, attributes, comments, CDATA sections and processing instructions together: all take memory. Default 400,000. */
  maxElements?: number;
}

/** Bytes of one attribute or one text, and attributes of one element: beyond these libxml2 itself becomes slow. */
const maxValue = 1024 * 1024;
const maxAttributes = 64;
/** Comments, CDATA sections and processing instructions within one text: libxml2 copies all of the text before for each of them. */
const maxSections = 1000;
/** Bytes of the name of an element or attribute: no standard's is a tenth as long. */
const maxName = 1024;

// Control characters, and U+FFFE and U+FFFF in UTF-8.
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const illegal = /[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]/;
const predefined: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
const nameStart = /[A-Za-z_:\x80-\xff]/;

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

/** Legal in an XML 1.0 document (XML 1.0, production 2). */
const isXmlCharacter = (point: number): boolean =>
  point === 9 ||
  point === 10 ||
  point === 13 ||
  (point >= 0x20 && point <= 0xd7ff) ||
  (point >= 0xe000 && point <= 0xfffd) ||
  (point >= 0x10000 && point <= 0x10ffff);

/** What a text with references says. A loop, since a message may hold millions of them. @throws XmlRefused at the first that is none */
function decodeReferences(raw: string, at: number): string {
  let decoded = '';
  let position = 0;
  for (let start = raw.indexOf('&'); start >= 0; start = raw.indexOf('&', position)) {
    const end = raw.indexOf(';', start);
    const name = end < 0 || end - start > 33 ? '&' : raw.slice(start + 1, end);
    const character = predefined.get(name) ?? numericCharacter(name, at + start);
    decoded += raw.slice(position, start) + character;
    position = end + 1;
  }
  return decoded + raw.slice(position);
}

function numericCharacter(name: string, at: number): string {
  if (name.includes('&') || name.includes('<')) throw new XmlRefused('xml.malformed', 'An ampersand must be written as &amp;', at);
  const [, hexadecimal, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name) ?? [];
  if (!hexadecimal && !decimal)
    throw new XmlRefused('xml.entity', `Entity "&${utf8(name)};" is not allowed: only the five of XML itself are`, at);
  const point = hexadecimal ? parseInt(hexadecimal, 16) : Number(decimal);
  if (!isXmlCharacter(point)) throw new XmlRefused('xml.illegal_character', `&${name}; is not a character that XML allows`, at);
  return String.fromCodePoint(point);
}

/** White space before anything else is not XML; the byte order mark is. */
const documentStart = (text: ByteString): number => (text.startsWith('\xef\xbb\xbf') ? 3 : 0);

/** One character of UTF-8, or a run of ASCII (RFC 3629, section 4). */
const character =
  /[^\x80-\xff]+|[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}/y;

/** Offset of the first byte that begins no character of UTF-8, in bytes that are not all UTF-8. */
function firstForeignByte(bytes: Buffer): number {
  for (let start = 0; ;) {
    let end = Math.min(start + 65_536, bytes.length);
    // Never within a character.
    while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end++;
    if (isUtf8(bytes.subarray(start, end))) start = end;
    else {
      const text = bytes.toString('latin1', start, end);
      character.lastIndex = 0;
      let good = 0;
      while (character.test(text)) good = character.lastIndex;
      return start + good;
    }
  }
}

/** The bytes of a document as the scan takes them. @throws XmlRefused when they are not UTF-8 */
export function byteString(document: Uint8Array | string): ByteString {
  const bytes =
    typeof document === 'string' ? Buffer.from(document, 'utf8') : Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  if (bytes.length >= 2 && ((bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0xff && bytes[1] === 0xfe))) {
    throw new XmlRefused('xml.encoding', 'The document is UTF-16; messages must be UTF-8', 0);
  }
  if (!isUtf8(bytes)) throw new XmlRefused('xml.encoding', 'The document is not valid UTF-8', firstForeignByte(bytes));
  const text = bytes.toString('latin1');
  const [before, , declared] = /^((?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?\s)encoding\s*=\s*(["'])([^"']{0,40})\2/.exec(text)?.slice(1) ?? [];
  if (declared !== undefined && !/^(utf-?8|us-ascii|ascii)$/i.test(declared)) {
    throw new XmlRefused('xml.encoding', `The document says it is ${utf8(declared)}; messages must be UTF-8`, before!.length);
  }
  return text;
}

/**
 * Scans a whole document into a tree, in one pass and without recursion. It knows no DTD: a DOCTYPE and every entity but
 * the five predefined ones are refused, so nothing can expand or be fetched. Positions are kept for each element.
 * @throws XmlRefused
 */
export function scanXml(document: Uint8Array | string, limits: ScanLimits = {}): XmlElement {
  return scanBytes(byteString(document), limits);
}

/** As `scanXml`, of a document already taken in by `byteString`. @throws XmlRefused */
export function scanBytes(text: ByteString, limits: ScanLimits = {}): XmlElement {
  const maxDepth = limits.maxDepth ?? 100;
  const maxElements = limits.maxElements ?? 400_000;
  let elementsLeft = maxElements;
  // Messages are made of the document's own bytes.
  const fault = (code: string, message: string, offset: number): never => {
    throw new XmlRefused(code, utf8(message), offset);
  };
  const countElement = (offset: number): void => {
    if (--elementsLeft < 0)
      fault('xml.too_many_elements', `More than ${maxElements} elements, attributes, comments and other parts`, offset);
  };
  const bad = illegal.exec(text);
  if (bad)
    fault(
      'xml.illegal_character',
      `Character U+${utf8(bad[0]).charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} is not allowed in XML`,
      bad.index,
    );
  const hasReferences = text.includes('&');

  let root: XmlElement | null = null;
  let current: XmlElement | null = null;
  let depth = 0;
  let position = documentStart(text);
  // Character data of the element being read, for as long as it may still be a leaf.
  let pending = '';
  // Comments, CDATA sections and processing instructions since the last tag.
  let sections = 0;
  const countSection = (offset: number): void => {
    countElement(offset);
    if (++sections > maxSections)
      fault('xml.too_many_sections', `One text has more than ${maxSections} comments, CDATA sections and processing instructions`, offset);
  };
  const append = (raw: ByteString, offset: number): void => {
    if (pending.length + raw.length > maxValue) fault('xml.too_long', `Text longer than ${maxValue} bytes`, offset);
    pending = pending === '' ? raw : pending + raw;
  };

  for (;;) {
    const lt = text.indexOf('<', position);
    const end = lt < 0 ? text.length : lt;
    if (end > position) {
      if (end - position > maxValue) fault('xml.too_long', `Text longer than ${maxValue} bytes`, position);
      if (current) {
        if (current.children === nothing || (hasReferences && current.children.length > 0)) {
          const raw = text.slice(position, end);
          // Decoded for its faults alone: the value is decoded when it is asked for.
          if (hasReferences && raw.includes('&')) decodeReferences(raw, position);
          if (current.children === nothing) append(raw, position);
        }
      } else {
        for (let i = position; i < end; i++) {
          if (!isSpace(text.charCodeAt(i)))
            fault('xml.malformed', root ? 'Nothing may follow the root element' : 'The document must begin with an element', i);
        }
      }
    }
    if (lt < 0) break;

    const code = text.charCodeAt(lt + 1);
    if (code === 47 /* / */) {
      const closing: XmlElement = current ?? fault('xml.malformed', 'An end tag without its start tag', lt);
      const name = closing.name;
      let after = lt + 2 + name.length;
      if (!text.startsWith(name, lt + 2)) fault('xml.malformed', `</${name}> expected`, lt);
      while (isSpace(text.charCodeAt(after))) after++;
      if (text.charCodeAt(after) !== 62) fault('xml.malformed', `</${name}> expected`, lt);
      if (closing.children === nothing) closing.raw = pending;
      pending = '';
      sections = 0;
      current = closing.parent;
      depth--;
      position = after + 1;
      continue;
    }
    if (code === 33 /* ! */) {
      if (text.startsWith('<!--', lt)) {
        const close = text.indexOf('--', lt + 4);
        if (close < 0 || text.charCodeAt(close + 2) !== 62)
          fault('xml.malformed', 'A comment must end with --> and hold no --', close < 0 ? lt : close);
        position = close + 3;
      } else if (text.startsWith('<![CDATA[', lt)) {
        if (!current) fault('xml.malformed', 'Character data outside the root element', lt);
        const close = text.indexOf(']]>', lt + 9);
        if (close < 0) fault('xml.malformed', 'A CDATA section without its end', lt);
        if (close - lt - 9 > maxValue) fault('xml.too_long', `Text longer than ${maxValue} bytes`, lt);
        if (current!.children === nothing) append(text.slice(lt + 9, close).replaceAll('&', '&amp;'), lt);
        position = close + 3;
      } else if (/^<!DOCTYPE/i.test(text.slice(lt, lt + 9))) {
        fault('xml.doctype', 'A DOCTYPE is not allowed', lt);
      } else fault('xml.malformed', 'Unknown declaration', lt);
      countSection(lt);
      continue;
    }
    if (code === 63 /* ? */) {
      const close = text.indexOf('?>', lt + 2);
      if (close < 0) fault('xml.malformed', 'A processing instruction without its end', lt);
      if (/^xml[\s?]/i.test(text.slice(lt + 2, lt + 6)) && lt !== documentStart(text))
        fault('xml.malformed', 'The XML declaration must come first', lt);
      countSection(lt);
      position = close + 2;
      continue;
    }

    // A start tag.
    if (!current && root) fault('xml.malformed', 'Only one root element is allowed', lt);
    let i = lt + 1;
    for (let c = text.charCodeAt(i); c > 32 && c !== 62 && c !== 47 && c !== 60 && c === c && i - lt <= maxName; c = text.charCodeAt(++i));
    const name = text.slice(lt + 1, i);
    if (name.length >= maxName) fault('xml.too_long', `A name longer than ${maxName} bytes`, lt);
    if (name === '' || !nameStart.test(name.charAt(0))) fault('xml.malformed', 'A "<" that begins no element must be written as &lt;', lt);
    countElement(lt);
    if (++depth > maxDepth) fault('xml.too_deep', `Elements are nested deeper than ${maxDepth}`, lt);
    const element: XmlElement = new XmlElement(name, lt, current);
    if (current) {
      if (current.children === nothing) current.children = [element];
      else current.children.push(element);
    } else root = element;

    let open = true;
    for (;;) {
      const before = i;
      while (isSpace(text.charCodeAt(i))) i++;
      const c = text.charCodeAt(i);
      if (c === 62) break;
      if (c === 47) {
        if (text.charCodeAt(i + 1) !== 62) fault('xml.malformed', `The tag <${name}> is broken`, lt);
        open = false;
        i++;
        break;
      }
      if (i === before || c !== c) fault('xml.malformed', `The tag <${name}> is broken`, lt);
      const start = i;
      const equals = text.indexOf('=', i);
      if (equals < 0) fault('xml.malformed', `The tag <${name}> is broken`, lt);
      const attribute = text.slice(i, equals).trimEnd();
      if (attribute === '' || /[\s<>"'/]/.test(attribute)) fault('xml.malformed', `The tag <${name}> is broken`, start);
      if (attribute.length > maxName) fault('xml.too_long', `A name longer than ${maxName} bytes`, start);
      i = equals + 1;
      while (isSpace(text.charCodeAt(i))) i++;
      const quote = text.charAt(i);
      const close = quote === '"' || quote === "'" ? text.indexOf(quote, i + 1) : -1;
      if (close < 0) fault('xml.malformed', `Attribute ${attribute} has no quoted value`, start);
      if (close - i > maxValue) fault('xml.too_long', `Attribute ${attribute} is longer than ${maxValue} bytes`, start);
      countElement(start);
      if (element.attributes.length >= maxAttributes)
        fault('xml.too_many_attributes', `<${name}> has more than ${maxAttributes} attributes`, start);
      const raw = text.slice(i + 1, close);
      if (raw.includes('<')) fault('xml.malformed', `Attribute ${attribute} holds a "<"`, start);
      if (element.attributes === nothing) element.attributes = [];
      else if (element.attributes.some((other) => other.name === attribute))
        fault('xml.malformed', `Attribute ${attribute} is given twice`, start);
      if (raw.includes('&')) decodeReferences(raw, i + 1);
      element.attributes.push(new XmlAttribute(attribute, raw, start));
      i = close + 1;
    }
    position = i + 1;
    pending = '';
    sections = 0;
    if (open) current = element;
    else depth--;
  }
  if (current) fault('xml.malformed', `<${current.name}> is never closed`, current.start);
  return root ?? fault('xml.malformed', 'The document holds no element', 0);
}
