import type { ByteString, XmlAttribute, XmlElement } from './scan-xml';

/** A place in a document, both from 1. The column counts characters, not bytes or UTF-16 units. */
export interface Place {
  line: number;
  column: number;
}

/** Bytes from one noted place to the next: what is read for each question. */
const stride = 1024;

/**
 * Finds lines and columns of a document's offsets. Notes the place of every 1,024th byte as far as it was asked for, so that neither many
 * lines nor long ones cost memory, and an answer takes no more than a stride's time.
 */
export class PositionMap {
  private readonly lines: Uint32Array;
  private readonly columns: Uint32Array;
  /** How many places are noted. */
  private noted = 1;
  private readonly start: number;

  constructor(private readonly text: ByteString) {
    const strides = Math.floor(text.length / stride) + 1;
    this.lines = new Uint32Array(strides);
    this.columns = new Uint32Array(strides);
    this.lines[0] = this.columns[0] = 1;
    this.start = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
  }

  at(offset: number): Place {
    const end = Math.min(offset, this.text.length);
    const note = Math.floor(end / stride);
    this.noteUpTo(note);
    return this.walk(note, end);
  }

  /** Place of the first character on a line that is not white space. */
  onLine(line: number): Place {
    this.noteUpTo(this.lines.length - 1);
    let offset = Math.max(this.start, this.lines.findLastIndex((noted) => noted < line) * stride);
    for (let { line: at } = this.at(offset); at < line; at++) {
      offset = this.text.indexOf('\n', offset) + 1;
      if (offset === 0) return { line, column: 1 };
    }
    const indent = /^[ \t]*/.exec(this.text.slice(offset, offset + 1000))![0].length;
    return { line, column: indent + 1 };
  }

  private noteUpTo(note: number): void {
    for (; this.noted <= note; this.noted++) {
      const { line, column } = this.walk(this.noted - 1, this.noted * stride);
      this.lines[this.noted] = line;
      this.columns[this.noted] = column;
    }
  }

  /** From a noted place to an offset beyond it. */
  private walk(note: number, end: number): Place {
    let line = this.lines[note]!;
    let column = this.columns[note]!;
    for (let i = note === 0 ? this.start : note * stride; i < end; i++) {
      const code = this.text.charCodeAt(i);
      if (code === 10) {
        line++;
        column = 1;
        // Characters, not bytes: the bytes 80 to BF continue a character.
      } else if ((code & 0xc0) !== 0x80) column++;
    }
    return { line, column };
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
