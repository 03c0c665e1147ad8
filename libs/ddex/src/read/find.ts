import type { XmlElement } from './scan-xml';

/** Name without its prefix. */
export function localName(element: XmlElement): string {
  const colon = element.name.indexOf(':');
  return colon < 0 ? element.name : element.name.slice(colon + 1);
}

export const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((item) => item.name === name);

export const childrenNamed = (element: XmlElement | undefined, name: string): XmlElement[] =>
  element?.children.filter((item) => item.name === name) ?? [];

/** All elements at a path of names below an element: `path(root, 'DealList', 'ReleaseDeal')`. */
export function path(element: XmlElement | undefined, ...names: string[]): XmlElement[] {
  let found: XmlElement[] = element ? [element] : [];
  for (const name of names) found = found.flatMap((item) => childrenNamed(item, name));
  return found;
}

/** Text of the first element at a path, trimmed; undefined when there is none. */
export const textAt = (element: XmlElement | undefined, ...names: string[]): string | undefined => path(element, ...names)[0]?.text.trim();

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
