import { attributeOf, child, childrenNamed, everyElement, localName, namespaceOf, path, textAt } from '../read/find';
import { scanXml, XmlRefused, type ScanLimits, type XmlElement } from '../read/scan-xml';
import { standardOf } from '../validate/message-kinds';

/** What kind of message a document is, and whose. */
export interface Sniffed {
  /** `NewReleaseMessage`, `PurgeReleaseMessage`, `ManifestMessage`, … */
  messageType: string;
  /** `4.3`, `4.2`, `3.8.2`, …; null for what is no ERN message that we know. */
  ernVersion: string | null;
  namespace: string;
  messageId: string | null;
  threadId: string | null;
  senderDpid: string | null;
  recipientDpid: string | null;
  isTest: boolean;
}

/** A file that a message says it brings. */
export interface ListedFile {
  /** Reference of its resource. */
  reference: string;
  /** As written, or for ERN 3 the path and the name together. */
  uri: string;
  /** Hexadecimal MD5, lower case. */
  md5?: string;
  /** What another algorithm gives, when it is no MD5. */
  hash?: { algorithm: string; value: string };
  kind: 'audio' | 'image' | 'video' | 'text' | 'other';
  /** False when the message says that the file is not in this delivery. */
  isProvided: boolean;
}

/** Identifiers of the main release. */
export interface IdentifiedRelease {
  icpn: string | null;
  grid: string | null;
  proprietaryIds: { namespace: string; value: string }[];
  /** Of all its recordings, in order. */
  isrcs: string[];
  title: string | null;
}

/** One deal in short. */
export interface DealSummary {
  releases: string[];
  commercialModels: string[];
  useTypes: string[];
  territories: string[];
  excludedTerritories: string[];
  start: string | null;
  end: string | null;
}

/** Everything that a receiver wants to know before reading a message in full. */
export interface InspectedMessage extends Sniffed {
  release: IdentifiedRelease;
  files: ListedFile[];
  deals: DealSummary[];
}

export type Inspected = ({ ok: true } & InspectedMessage) | { ok: false; code: string; reason: string };

const kinds: Record<string, ListedFile['kind']> = {
  SoundRecording: 'audio',
  Image: 'image',
  Video: 'video',
  Text: 'text',
  SheetMusic: 'text',
};

function sniffRoot(root: XmlElement): Sniffed {
  const namespace = namespaceOf(root);
  const header = child(root, 'MessageHeader');
  return {
    messageType: localName(root),
    ernVersion: standardOf(namespace)?.ernVersion ?? null,
    namespace,
    messageId: textAt(header, 'MessageId') ?? null,
    threadId: textAt(header, 'MessageThreadId') ?? null,
    senderDpid: textAt(header, 'MessageSender', 'PartyId') ?? null,
    recipientDpid: textAt(header, 'MessageRecipient', 'PartyId') ?? null,
    isTest: textAt(header, 'MessageControlType') === 'TestMessage',
  };
}

function fileOf(file: XmlElement, resource: XmlElement): ListedFile | null {
  const uri =
    textAt(file, 'URI') ??
    textAt(file, 'URL') ??
    [textAt(file, 'FilePath'), textAt(file, 'FileName')]
      .filter(Boolean)
      .join('/')
      .replace(/\/{2,}/g, '/');
  if (!uri) return null;
  const sum = child(file, 'HashSum');
  const algorithm = textAt(sum, 'Algorithm') ?? textAt(sum, 'HashSumAlgorithmType');
  const value = textAt(sum, 'HashSumValue') ?? textAt(sum, 'HashSum');
  const provided = textAt(file.parent ?? undefined, 'IsProvidedInDelivery');
  return {
    reference: textAt(resource, 'ResourceReference') ?? '',
    uri,
    ...(algorithm === 'MD5' && value ? { md5: value.toLowerCase() } : {}),
    ...(algorithm && algorithm !== 'MD5' && value ? { hash: { algorithm, value } } : {}),
    kind: kinds[resource.name] ?? 'other',
    isProvided: provided !== 'false' && provided !== '0',
  };
}

function filesOf(root: XmlElement): ListedFile[] {
  return (child(root, 'ResourceList')?.children ?? []).flatMap((resource) =>
    [...everyElement(resource)]
      .filter((item) => item.name === 'File')
      .map((file) => fileOf(file, resource))
      .filter((file) => file !== null),
  );
}

function releaseOf(root: XmlElement): IdentifiedRelease {
  const releases = path(root, 'ReleaseList', 'Release');
  const isMain = (item: XmlElement) => ['true', '1'].includes(attributeOf(item, 'IsMainRelease') ?? '');
  const release = child(root, 'PurgedRelease') ?? releases.find(isMain) ?? releases[0];
  const ids = childrenNamed(release, 'ReleaseId');
  const firstOf = (name: string): string | null => ids.map((id) => textAt(id, name)).find((value) => value) ?? null;
  const recordings = path(root, 'ResourceList', 'SoundRecording');
  return {
    icpn: firstOf('ICPN'),
    grid: firstOf('GRid'),
    proprietaryIds: ids.flatMap((id) =>
      path(id, 'ProprietaryId').map((item) => ({ namespace: attributeOf(item, 'Namespace') ?? '', value: item.text.trim() })),
    ),
    isrcs: recordings
      .flatMap((item) => [
        ...path(item, 'SoundRecordingEdition', 'ResourceId', 'ISRC'),
        ...path(item, 'ResourceId', 'ISRC'),
        ...path(item, 'SoundRecordingId', 'ISRC'),
      ])
      .map((isrc) => isrc.text.trim()),
    title:
      textAt(release, 'DisplayTitleText') ??
      textAt(release, 'ReferenceTitle', 'TitleText') ??
      textAt(release, 'Title', 'TitleText') ??
      null,
  };
}

function dealsOf(root: XmlElement): DealSummary[] {
  return path(root, 'DealList', 'ReleaseDeal').flatMap((item) => {
    const releases = path(item, 'DealReleaseReference').map((reference) => reference.text.trim());
    return path(item, 'Deal', 'DealTerms').map((terms) => {
      const words = (...names: string[]): string[] => path(terms, ...names).map((word) => word.text.trim());
      const period = child(terms, 'ValidityPeriod');
      return {
        releases,
        commercialModels: words('CommercialModelType'),
        useTypes: [...words('UseType'), ...words('Usage', 'UseType')],
        territories: words('TerritoryCode'),
        excludedTerritories: words('ExcludedTerritoryCode'),
        start: textAt(period, 'StartDateTime') ?? textAt(period, 'StartDate') ?? null,
        end: textAt(period, 'EndDateTime') ?? textAt(period, 'EndDate') ?? null,
      };
    });
  });
}

const guarded = <T extends object>(
  xml: Uint8Array | string,
  limits: ScanLimits,
  read: (root: XmlElement) => T,
): ({ ok: true } & T) | { ok: false; code: string; reason: string } => {
  try {
    return { ok: true, ...read(scanXml(xml, limits)) };
  } catch (error) {
    if (error instanceof XmlRefused) return { ok: false, code: error.code, reason: error.message };
    throw error;
  }
};

/** What kind of message this is. Never throws; a DOCTYPE, entities, a wrong encoding or broken XML give `ok: false`. Judges nothing else. */
export const sniff = (
  xml: Uint8Array | string,
  limits: ScanLimits = {},
): ({ ok: true } & Sniffed) | { ok: false; code: string; reason: string } => guarded(xml, limits, sniffRoot);

/** Kind, release, files and deals of an ERN message, 3.8.2 to 4.3.2. As lenient and as safe as `sniff`. */
export const inspectMessage = (xml: Uint8Array | string, limits: ScanLimits = {}): Inspected =>
  guarded(xml, limits, (root) => ({ ...sniffRoot(root), release: releaseOf(root), files: filesOf(root), deals: dealsOf(root) }));

/** Files that a message lists; none for what is no readable message. */
export function listFiles(xml: Uint8Array | string): ListedFile[] {
  const message = inspectMessage(xml);
  return message.ok ? message.files : [];
}

/** The moment a date or time of a deal stands for: local times as late as they come on earth for an end (UTC−12), dates at their day's end. */
const latest = (end: string): number => {
  if (/(Z|[+-]\d\d:\d\d)$/.test(end)) return Date.parse(end);
  return Date.parse(`${end.length === 10 ? `${end}T23:59:59` : end}Z`) + 12 * 3_600_000;
};

/**
 * Whether a message takes its release down at a given time: a purge, a NewReleaseMessage without deals, or one whose deals
 * have all ended everywhere. `at` is the time of reading unless given.
 */
export function isTakedown(message: InspectedMessage, at: Date = new Date()): boolean {
  if (message.messageType === 'PurgeReleaseMessage') return true;
  if (message.messageType !== 'NewReleaseMessage') return false;
  return message.deals.every((deal) => deal.end !== null && latest(deal.end) <= at.getTime());
}
