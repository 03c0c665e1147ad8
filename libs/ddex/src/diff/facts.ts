import type { Party, ReleaseNotification } from '../model/notification';

/** One thing that a message says: of what, in which respect, and what. */
export interface Fact {
  /** What it is about, in words: `Track 2 "Opening"`. */
  subject: string;
  /** In which respect, in words; what it is about itself when null. */
  field: string | null;
  value: string;
}

/** Facts by a key that is the same in two messages about the same release, whatever references they use. */
export type Facts = Map<string, Fact>;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };
type Tree = { [key: string]: Json | undefined };

/** What a property is called where a label manager reads it. */
const words: Readonly<Record<string, string>> = {
  additionalTitles: 'further title',
  advisories: 'parental warning',
  ai: 'share of an AI',
  artistNames: 'artist line',
  artists: 'display artist',
  artisticRoles: 'artistic roles',
  bitRateKbps: 'bit rate (kbps)',
  bitsPerSample: 'bit depth',
  cLines: 'C line',
  clips: 'preview',
  codec: 'codec',
  commercialModels: 'commercial model',
  containsAi: 'share of an AI',
  content: 'running order',
  contributions: 'contributor',
  control: 'kind of message',
  durationSeconds: 'length (seconds)',
  editions: 'edition',
  end: 'end',
  file: 'file',
  files: 'file',
  firstPublished: 'first publication',
  genres: 'genre',
  grid: 'GRid',
  hash: 'checksum',
  hasImmersiveMetadata: 'immersive metadata',
  hasVocals: 'vocals',
  heightPixels: 'height (pixels)',
  hiResDescription: 'high-resolution note',
  icpn: 'UPC/EAN',
  ids: 'identifier',
  ipi: 'IPI',
  isFeatured: 'featured',
  isHiRes: 'high-resolution mark',
  isMultiArtistCompilation: 'compilation of several artists',
  isPreOrder: 'pre-order',
  isni: 'ISNI',
  isrc: 'ISRC',
  iswc: 'ISWC',
  labels: 'label',
  mode: 'recording mode',
  originalReleaseDates: 'original release date',
  pLines: 'P line',
  performanceLanguages: 'language of performance',
  prices: 'price',
  profile: 'release profile',
  proprietaryIds: 'own identifier',
  releaseDates: 'release date',
  resourceRights: 'rights controller',
  rightsClaimPolicy: 'claim policy',
  roles: 'roles',
  sampleRateHz: 'sample rate (Hz)',
  sentOnBehalfOf: 'sent on behalf of',
  share: 'share (%)',
  sizeKilobytes: 'size (kilobytes)',
  start: 'start',
  subGenre: 'sub-genre',
  subTitles: 'version',
  text: '',
  titleTexts: 'title',
  titles: 'title in parts',
  types: 'type',
  versionTypes: 'version type',
  widthPixels: 'width (pixels)',
  workIds: 'work',
  workRights: 'publisher',
};
const wordOf = (key: string): string => words[key] ?? key.replace(/([A-Z])/g, ' $1').toLowerCase();

/** References hold a message together and say nothing; whether the files come along is a matter of the delivery. */
const unsaid = new Set(['reference', 'isProvided', 'sequence', 'isDefault', 'linked', 'visibilities']);

const isTree = (value: Json | undefined): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is one value to a reader: a coded word, a date, a sum, a scalar. Undefined for what has parts. */
function single(value: Json): string | undefined {
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) {
    // Texts are told apart by their language, dates and sums by their place; words are told together.
    const items = value.map((item) => (isTree(item) && item['value'] === undefined ? undefined : single(item)));
    return items.every((item) => item !== undefined) ? items.join(', ') : undefined;
  }
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  const own = value['userDefined'];
  if (typeof value['value'] === 'string' && keys.every((key) => ['value', 'userDefined', 'namespace'].includes(key)))
    return isTree(own) && own['value'] !== undefined ? String(own['value']) : value['value'];
  if (typeof value['date'] === 'string' && keys.every((key) => ['date', 'isApproximate'].includes(key)))
    return value['isApproximate'] === true ? `about ${value['date']}` : value['date'];
  if (value['amount'] !== undefined && value['currency'] !== undefined) return `${String(value['amount'])} ${String(value['currency'])}`;
  if (typeof value['text'] === 'string' && keys.every((key) => ['text', 'type', 'language'].includes(key))) return value['text'];
  if (typeof value['language'] === 'string' && keys.every((key) => ['language', 'isMain'].includes(key))) return value['language'];
  if (isTree(value['algorithm']) && typeof value['value'] === 'string') return `${single(value['algorithm'])} ${value['value']}`;
  if (Array.isArray(value['codes']) && typeof value['mode'] === 'string')
    return `${value['mode'] === 'except' ? 'everywhere except ' : ''}${value['codes'].join(', ')}`;
  return undefined;
}

/** What tells the items of a list apart, other than their order. */
function itemKey(item: Json, index: number): string {
  if (!isTree(item)) return String(index + 1);
  const party = item['party'];
  if (isTree(party)) return nameOf(party);
  const scope = [item['language'], item['territory']].filter((part) => part !== undefined).map(String);
  return scope.length > 0 ? scope.join(' ') : index === 0 ? '' : String(index + 1);
}

const nameOf = (party: Tree): string => {
  const [first] = (party['names'] as Tree[] | undefined) ?? [];
  return String(first?.['full'] ?? first?.['dpid'] ?? '?');
};

class Collector {
  readonly facts: Facts = new Map();

  add(key: string, subject: string, path: readonly string[], value: string): void {
    this.facts.set(`${key}/${path.join('/')}`, { subject, field: path.filter((part) => part !== '').join(', ') || null, value });
  }

  walk(key: string, subject: string, value: Json | undefined, path: readonly string[]): void {
    if (value === undefined) return;
    const said = single(value);
    if (said !== undefined) {
      if (!(Array.isArray(value) && value.length === 0)) this.add(key, subject, path, said);
      return;
    }
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        const name = itemKey(item, index);
        const step = name === '' ? [] : [name];
        // Who is credited is a fact of its own: it can be added or removed.
        if (isTree(item) && isTree(item['party'])) this.add(key, subject, [...path, ...step], nameOf(item['party']));
        this.walk(key, subject, item, [...path, ...step]);
      });
      return;
    }
    for (const [name, part] of Object.entries(value as Tree)) {
      if (unsaid.has(name) || (name === 'language' && path.length > 0)) continue;
      if (name === 'names' || name === 'party') {
        if (isTree(part)) this.walk(key, subject, { ...part, names: undefined }, path);
        continue;
      }
      this.walk(key, subject, part, [...path, wordOf(name)]);
    }
  }
}

const list = (value: unknown): Tree[] => (Array.isArray(value) ? (value as Tree[]) : []);
const quoted = (item: Tree): string => {
  const [first] = list(item['titleTexts']);
  return first ? ` "${String(first['text'])}"` : '';
};

/**
 * Everything that a notification says to a reader, but for its id, its time, its file's name and its references. Recordings are
 * the same when their ISRC is, deals when they are for the same release, model and uses.
 */
export function factsOf(notification: ReleaseNotification): Facts {
  const parties = new Map(notification.parties.map(({ reference, ...party }: Party) => [reference, party]));
  const resolve = (value: unknown): Json => {
    if (Array.isArray(value)) return value.map(resolve);
    if (value === null || typeof value !== 'object') return value as Json;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        key === 'party' ? ((parties.get(item as string) ?? { names: [{ full: String(item) }] }) as unknown as Json) : resolve(item),
      ]),
    );
  };
  const said = resolve(notification) as Tree;
  const out = new Collector();

  const { messageId: _, createdAt: __, fileName: ___, ...header } = said['header'] as Tree;
  out.walk('message', 'The message', { ...header, profile: said['profile'], profileVariant: said['profileVariant'] }, []);

  // A recording is told by its ISRC; its place in the running order is what is said of it to people.
  const subjects = new Map<string, { key: string; subject: string }>();
  const order: string[] = [];
  const visit = (group: Tree): void => {
    list(group['groups']).forEach(visit);
    list(group['content']).forEach((item) => order.push(String(item['resource'])));
  };
  const release = said['release'] as Tree;
  visit(release['group'] as Tree);
  const labels = new Map(order.map((reference, index) => [reference, `Track ${index + 1}`]));
  for (const recording of list(said['recordings'])) {
    const reference = String(recording['reference']);
    const [edition] = list(recording['editions']);
    const [ids] = list(edition?.['ids']);
    const own = list(ids?.['proprietaryIds'])[0]?.['value'];
    subjects.set(reference, {
      key: `recording/${String(ids?.['isrc'] ?? own ?? reference)}`,
      subject: `${labels.get(reference) ?? 'A recording'}${quoted(recording)}`,
    });
  }
  for (const recording of list(said['recordings'])) {
    const { key, subject } = subjects.get(String(recording['reference']))!;
    out.add(key, subject, [], subject);
    const { editions, ...rest } = recording;
    out.walk(key, subject, rest, []);
    list(editions).forEach((edition, index) => {
      const { technical, ...facts } = edition;
      const path = index === 0 ? [] : [String(edition['type'] ?? `edition ${index + 1}`)];
      out.walk(key, subject, facts, path);
      list(technical).forEach((details, at) => {
        const { files, ...others } = details;
        const deeper = at === 0 ? path : [...path, `encoding ${at + 1}`];
        out.walk(key, subject, others, deeper);
        for (const file of list(files)) out.walk(key, subject, file, deeper);
      });
    });
  }
  out.add(
    'release',
    'The release',
    ['running order'],
    order.map((reference) => subjects.get(reference)?.subject.replace(/^Track \d+ /, '') ?? reference).join(', '),
  );
  const { group: ____, ...facts } = release;
  out.walk('release', 'The release', facts, []);

  for (const [name, what] of [
    ['images', 'The cover image'],
    ['videos', 'A moving cover'],
    ['texts', 'Lyrics'],
  ] as const)
    list(said[name]).forEach((item, index) => {
      const own = list(list(item['ids'])[0]?.['proprietaryIds'])[0]?.['value'] ?? list(item['proprietaryIds'])[0]?.['value'];
      const key = `${name}/${name === 'images' && index === 0 ? 'cover' : String(own ?? index)}`;
      const subject = `${what}${item['language'] !== undefined && name === 'texts' ? ` in ${String(item['language'])}` : name === 'videos' ? ` (${String(own ?? index + 1)})` : ''}`;
      out.add(key, subject, [], subject);
      const { technical, ...rest } = item;
      out.walk(key, subject, rest, []);
      for (const details of list(technical)) out.walk(key, subject, details, []);
    });

  const released = new Map<string, { key: string; subject: string }>([
    [String(release['reference']), { key: 'release', subject: 'the release' }],
  ]);
  for (const track of list(said['trackReleases'])) {
    const recording = subjects.get(String(track['resource']));
    const key = `track/${recording?.key ?? String(track['resource'])}`;
    const subject = recording?.subject ?? String(track['reference']);
    released.set(String(track['reference']), { key, subject });
    const { resource: _____, ...rest } = track;
    out.walk(key, `The release of ${subject}`, rest, []);
  }
  for (const item of list(said['deals']))
    for (const reference of (item['releases'] as string[]) ?? []) {
      const target = released.get(reference) ?? { key: reference, subject: reference };
      for (const deal of list(item['deals'])) {
        const models = single(deal['commercialModels'] ?? []) ?? '';
        const uses = single(deal['useTypes'] ?? []) ?? '';
        const places = single(deal['territories'] ?? []) ?? '';
        const name = `${deal['isPreOrder'] === true ? 'pre-order, ' : ''}${models}: ${uses}`;
        // The same offer may stand in several deals, one for each territory.
        let key = `deal/${target.key}/${name}`;
        const subject = `The deal ${name} of ${target.subject}`;
        if (out.facts.has(`${key}/`)) key = `${key}/${places}`;
        out.add(key, subject, [], name);
        const { commercialModels, useTypes, ...terms } = deal;
        void [commercialModels, useTypes];
        out.walk(key, subject, terms, []);
      }
    }
  return out.facts;
}
