import type { ByteString, XmlElement } from './scan-xml';

/** A place in a document, both from 1. The column counts characters, not bytes or UTF-16 units. */
export interface Place {
  line: number;
  column: number;
}

/** Finds lines and columns of a document's offsets. The table of lines is made when first asked for: most documents are never asked. */
export class PositionMap {
  private lines: number[] | null = null;

  constructor(private readonly text: ByteString) {}

  at(offset: number): Place {
    this.lines ??= this.index();
    let low = 0;
    let high = this.lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lines[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    // Characters, not bytes: the bytes 80 to BF continue a character.
    const bytes = this.text.slice(this.lines[low], offset);
    return { line: low + 1, column: bytes.length - (bytes.match(/[\x80-\xbf]/g)?.length ?? 0) + 1 };
  }

  /** Place of the first character on a line that is not white space. */
  onLine(line: number): Place {
    this.lines ??= this.index();
    const start = this.lines[line - 1];
    if (start === undefined) return { line, column: 1 };
    const indent = /^[ \t]*/.exec(this.text.slice(start, start + 1000))![0].length;
    return { line, column: indent + 1 };
  }

  private index(): number[] {
    const starts = [this.text.startsWith('\xef\xbb\xbf') ? 3 : 0];
    for (let i = this.text.indexOf('\n'); i >= 0; i = this.text.indexOf('\n', i + 1)) starts.push(i + 1);
    return starts;
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

/** Finds the offset of the node that an XPath of libxml2's `xmlGetNodePath` names: an element or an attribute; null when it names none. */
export function resolveXpath(root: XmlElement, xpath: string): number | null {
  let node: XmlElement | null = null;
  for (const step of xpath.split('/').slice(1)) {
    if (step.startsWith('@')) return node?.attributes.find((attribute) => attribute.name === step.slice(1))?.start ?? node?.start ?? null;
    const [, name, index] = /^([^[]+)(?:\[(\d+)\])?$/.exec(step) ?? [];
    const next: XmlElement | null = name ? nth(node ? node.children : [root], name, index ? Number(index) : 1) : null;
    // What is below an element that cannot be found is placed at that element's parent.
    if (!next) return node?.start ?? null;
    node = next;
  }
  return node?.start ?? null;
}
