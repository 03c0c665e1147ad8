import type { ByteString, XmlAttribute, XmlElement } from './scan-xml';

/** A place in a document, both from 1. The column counts characters, not bytes or UTF-16 units. */
export interface Place {
  line: number;
  column: number;
}

/** Bytes from one note to the next: about what is read for each question. */
const stride = 1024;

/**
 * Finds lines and columns of a document's offsets. Notes the line at every 1,024th byte as far as it was asked for, and within long lines
 * the characters too, so that neither many lines nor long ones cost much memory, and an answer takes no more than a stride's time.
 */
export class PositionMap {
  /** At each stride: the number of its line, and where that line begins. */
  private readonly lines: Uint32Array;
  private readonly starts: Uint32Array;
  private noted = 1;
  /** Where the first line ends that is not noted yet. */
  private ending: number;
  /** Before each stride: bytes that continue a character. Made when a long line is first asked about. */
  private continued: Uint32Array | null = null;
  private counted = 1;

  constructor(private readonly text: ByteString) {
    const strides = Math.floor(text.length / stride) + 1;
    this.lines = new Uint32Array(strides);
    this.starts = new Uint32Array(strides);
    this.lines[0] = 1;
    this.starts[0] = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
    this.ending = text.indexOf('\n');
  }

  at(offset: number): Place {
    const note = Math.floor(Math.min(offset, this.text.length) / stride);
    this.noteUpTo(note);
    let line = this.lines[note]!;
    let start = this.starts[note]!;
    const near = this.text.slice(note * stride, offset);
    for (let i = near.indexOf('\n'); i >= 0; i = near.indexOf('\n', i + 1)) {
      line++;
      start = note * stride + i + 1;
    }
    return { line, column: offset <= start ? 1 : offset - start - this.continuedIn(start, offset) + 1 };
  }

  /** Place of the first character on a line that is not white space. */
  onLine(line: number): Place {
    this.noteUpTo(this.lines.length - 1);
    let offset = Math.max(this.starts[0]!, this.lines.findLastIndex((noted) => noted < line) * stride);
    for (let { line: at } = this.at(offset); at < line; at++) {
      offset = this.text.indexOf('\n', offset) + 1;
      if (offset === 0) return { line, column: 1 };
    }
    const indent = /^[ \t]*/.exec(this.text.slice(offset, offset + 1000))![0].length;
    return { line, column: indent + 1 };
  }

  private noteUpTo(note: number): void {
    for (; this.noted <= note; this.noted++) {
      let line = this.lines[this.noted - 1]!;
      let start = this.starts[this.noted - 1]!;
      for (; this.ending >= 0 && this.ending < this.noted * stride; this.ending = this.text.indexOf('\n', start)) {
        line++;
        start = this.ending + 1;
      }
      this.lines[this.noted] = line;
      this.starts[this.noted] = start;
    }
  }

  private continuedIn(from: number, to: number): number {
    return to - from <= stride ? this.count(from, to) : this.continuedBefore(to) - this.continuedBefore(from);
  }

  private continuedBefore(offset: number): number {
    const note = Math.floor(offset / stride);
    const continued = (this.continued ??= new Uint32Array(this.lines.length));
    for (; this.counted <= note; this.counted++)
      continued[this.counted] = continued[this.counted - 1]! + this.count((this.counted - 1) * stride, this.counted * stride);
    return continued[note]! + this.count(note * stride, offset);
  }

  /** Characters are counted, not bytes: the bytes 80 to BF continue one. */
  private count(from: number, to: number): number {
    let count = 0;
    for (let i = from; i < to; i++) if ((this.text.charCodeAt(i) & 0xc0) === 0x80) count++;
    return count;
  }
}

/** One step of an XPath: the name, and its position where siblings share it. Walks the siblings without making lists: there may be 50,000. */
function stepOf(element: XmlElement): string {
  const siblings = element.parent?.children ?? [element];
  let position = 0;
  let shared = false;
  let passed = false;
  for (const sibling of siblings) {
    if (sibling === element) {
      position++;
      passed = true;
      if (position > 1) break;
    } else if (sibling.name === element.name) {
      shared = true;
      if (passed) break;
      position++;
    }
  }
  return shared ? `${element.name}[${position}]` : element.name;
}

/** XPath of an element in the form libxml2 gives it: positions only where a name occurs more than once. */
export function xpathOf(element: XmlElement): string {
  const steps: string[] = [];
  for (let node: XmlElement | null = element; node; node = node.parent) steps.unshift(stepOf(node));
  return `/${steps.join('/')}`;
}

function nth(candidates: readonly XmlElement[], name: string, position: number): XmlElement | null {
  let left = position;
  for (const candidate of candidates) if ((name === '*' || candidate.name === name) && --left === 0) return candidate;
  return null;
}

/**
 * Finds the node that an XPath of libxml2's `xmlGetNodePath` names: an element or an attribute; null when it names none. What is below an
 * element that cannot be found is placed at that element's parent.
 */
export function resolveXpath(root: XmlElement, xpath: string): XmlElement | XmlAttribute | null {
  let node: XmlElement | null = null;
  for (const step of xpath.split('/').slice(1)) {
    if (step.startsWith('@')) return node?.attributes.find((attribute) => attribute.name === step.slice(1)) ?? node;
    const [, name, index] = /^([^[]+)(?:\[(\d+)\])?$/.exec(step) ?? [];
    const next: XmlElement | null = name ? nth(node ? node.children : [root], name, index ? Number(index) : 1) : null;
    if (!next) return node;
    node = next;
  }
  return node;
}

/** The place of one byte of a document, told from the bytes before it: they are UTF-8 even where the document is not. */
export const placeAt = (document: Uint8Array, offset: number): Place =>
  new PositionMap(Buffer.from(document.buffer, document.byteOffset, offset).toString('latin1')).at(offset);
