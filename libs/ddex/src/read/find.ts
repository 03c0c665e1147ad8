import type { XmlElement } from './scan-xml';

/** Name of an element or attribute without its prefix. */
export function localName({ name }: { readonly name: string }): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  if (element) for (const item of element.children) if (item.name === name) return item;
  return undefined;
}

function collect(element: XmlElement, names: readonly string[], depth: number, found: XmlElement[]): void {
  const name = names[depth]!;
  const last = depth === names.length - 1;
  for (const item of element.children) {
    if (item.name !== name) continue;
    if (last) found.push(item);
    else collect(item, names, depth + 1, found);
  }
}

/** All elements at a path of names below an element: `path(root, 'DealList', 'ReleaseDeal')`. The rules live on it, so it makes no lists in between. */
export function path(element: XmlElement | undefined, ...names: string[]): XmlElement[] {
  const found: XmlElement[] = [];
  if (element) collect(element, names, 0, found);
  return found;
}

export const childrenNamed = (element: XmlElement | undefined, name: string): XmlElement[] => path(element, name);

function first(element: XmlElement, names: readonly string[], depth: number): XmlElement | undefined {
  const name = names[depth]!;
  for (const item of element.children) {
    if (item.name !== name) continue;
    const found = depth === names.length - 1 ? item : first(item, names, depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** Text of the first element at a path, trimmed; undefined when there is none. */
export const textAt = (element: XmlElement | undefined, ...names: string[]): string | undefined =>
  element ? first(element, names, 0)?.text.trim() : undefined;

export const attributeOf = (element: XmlElement | undefined, name: string): string | undefined =>
  element?.attributes.find((item) => item.name === name)?.value;

/** Every element of a tree in document order. */
export function* everyElement(root: XmlElement): Generator<XmlElement> {
  const stack = [root];
  for (let element = stack.pop(); element; element = stack.pop()) {
    yield element;
    for (let i = element.children.length - 1; i >= 0; i--) stack.push(element.children[i]!);
  }
}

/** Visits every element of a tree in document order: four times as fast as the generator. Depth is bounded by the scan. */
export function visitElements(element: XmlElement, visit: (element: XmlElement) => void): void {
  visit(element);
  for (const item of element.children) visitElements(item, visit);
}

/** The namespace that an element's own prefix is bound to, looked up through its ancestors. */
export function namespaceOf(element: XmlElement): string {
  const colon = element.name.indexOf(':');
  const declaration = colon < 0 ? 'xmlns' : `xmlns:${element.name.slice(0, colon)}`;
  for (let node: XmlElement | null = element; node; node = node.parent) {
    const found = attributeOf(node, declaration);
    if (found !== undefined) return found;
  }
  return '';
}
