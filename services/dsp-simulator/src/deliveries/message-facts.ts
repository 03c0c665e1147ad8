import { scanXml, type XmlElement } from '@tonegrid/ddex';

/** What a receiver wants to know of a listed file beyond its name and hash. */
export interface FileFacts {
  /** Of its recording. */
  isrc: string | null;
  /** `FileSize`: kilobytes by the schema. */
  kilobytes: number | null;
}

/** Facts that inspectMessage does not give: full name of the sender, and of each file its recording's ISRC and its size. */
export interface MessageFacts {
  senderName: string | null;
  files: Map<string, FileFacts>;
}

function* below(element: XmlElement): Generator<XmlElement> {
  for (const item of element.children) {
    yield item;
    yield* below(item);
  }
}

const first = (element: XmlElement | undefined, name: string): XmlElement | undefined => {
  if (element) for (const item of below(element)) if (item.name === name) return item;
  return undefined;
};

const textOf = (element: XmlElement | undefined): string | null => element?.text.trim() || null;

/** Reads those facts of a message or manifest. @throws XmlRefused for what inspectMessage refuses, too */
export function messageFacts(xml: Uint8Array): MessageFacts {
  const root = scanXml(xml);
  const files = new Map<string, FileFacts>();
  for (const resource of root.children.find((item) => item.name === 'ResourceList')?.children ?? []) {
    const isrc = textOf(first(resource, 'ISRC'));
    for (const item of below(resource)) {
      if (item.name !== 'File') continue;
      const uri = textOf(first(item, 'URI'));
      const size = Number(textOf(first(item, 'FileSize')) ?? NaN);
      if (uri) files.set(uri, { isrc, kilobytes: Number.isFinite(size) ? size : null });
    }
  }
  return { senderName: textOf(first(first(first(root, 'MessageHeader'), 'MessageSender'), 'FullName')), files };
}
