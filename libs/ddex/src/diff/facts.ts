import type { Party, ReleaseNotification } from '../model/notification';
import { namespace } from '../model/roles';

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
  ascii: 'in Latin letters',
  avsVersionId: 'version of the allowed-value sets',
  bitRateKbps: 'bit rate (kbps)',
  bitsPerSample: 'bit depth',
  cLines: 'C line',
  clipPreviewStart: 'clips played from',
  clips: 'preview',
  codec: 'codec',
  commercialModels: 'commercial model',
  containsAi: 'share of an AI',
  content: 'running order',
  contributions: 'contributor',
  control: 'kind of message',
  coverArtPreviewStart: 'cover shown from',
  date: '',
  durationSeconds: 'length (seconds)',
  editions: 'edition',
  end: 'end',
  file: 'file',
  files: 'file',
  firstPublished: 'first publication',
  genres: 'genre',
  full: '',
  grid: 'GRid',
  hash: 'checksum',
  hasImmersiveMetadata: 'immersive metadata',
  hasVocals: 'vocals',
  heightPixels: 'height (pixels)',
  hiResDescription: 'high-resolution note',
  icpn: 'UPC/EAN',
  ids: 'identifier',
  indexed: 'as it is sorted',
  ipi: 'IPI',
  isApproximate: 'approximate',
  isBonus: 'bonus track',
  isDefault: 'default',
  isFeatured: 'featured',
  isHiRes: 'high-resolution mark',
  isInstantGratification: 'instant gratification',
  isMultiArtistCompilation: 'compilation of several artists',
  isPreOrder: 'pre-order',
  isPreOrderIncentive: 'incentive to order before',
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
  releaseDisplayStart: 'shown from',
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
  trackListingPreviewStart: 'track list shown from',
  types: 'type',
  versionTypes: 'version type',
  widthPixels: 'width (pixels)',
  workIds: 'work',
  workRights: 'publisher',
};
const wordOf = (key: string): string => words[key] ?? key.replace(/([A-Z])/g, ' $1').toLowerCase();

/**
 * References hold a message together and say nothing; whether the files come along is a matter of the delivery. A place in an order
 * is told where the order is, and what is linked or made visible where it is named.
 */
const unsaid = new Set(['reference', 'isProvided', 'sequence', 'linked', 'visibilities']);

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
  const only = (...known: string[]): boolean => keys.every((key) => known.includes(key));
  if (typeof value['value'] === 'string' && only('value', 'userDefined', 'namespace')) {
    const own = isTree(value['userDefined']) ? value['userDefined'] : {};
    const word = own['value'] === undefined ? value['value'] : String(own['value']);
    const kind = own['value'] === undefined || value['value'] === 'UserDefined' ? '' : `${value['value']}: `;
    const space = own['namespace'] ?? value['namespace'];
    return `${kind}${word}${space === undefined || space === namespace ? '' : ` (${String(space)})`}`;
  }
  if (typeof value['date'] === 'string' && only('date', 'isApproximate'))
    return value['isApproximate'] === true ? `about ${value['date']}` : value['date'];
  if (only('amount', 'currency') && keys.length === 2) return `${String(value['amount'])} ${String(value['currency'])}`;
  if (keys.length === 1 && typeof value['text'] === 'string') return value['text'];
  if (keys.length === 1 && typeof value['language'] === 'string') return value['language'];
  if (isTree(value['algorithm']) && typeof value['value'] === 'string') return `${single(value['algorithm'])} ${value['value']}`;
  if (Array.isArray(value['codes']) && typeof value['mode'] === 'string')
    return `${value['mode'] === 'except' ? 'everywhere except ' : ''}${value['codes'].join(', ')}`;
  return undefined;
}

const without = (tree: Tree, ...keys: string[]): Tree => Object.fromEntries(Object.entries(tree).filter(([key]) => !keys.includes(key)));

/** What tells an item of a list apart, other than its place, and what else it says. */
function keyed(item: Json, index: number): { name: string; rest: Json } {
  if (!isTree(item)) return { name: String(index + 1), rest: item };
  const party = item['party'];
  if (isTree(party)) return { name: nameOf(party), rest: item };
  const scope = [item['language'], item['territory']].filter((part) => part !== undefined).map(String);
  if (scope.length === 0) return { name: index === 0 ? '' : String(index + 1), rest: item };
  const rest = without(item, 'language', 'territory');
  return { name: scope.join(' '), rest: Object.keys(rest).length === 0 ? item : rest };
}

const nameOf = (party: Tree): string => {
  const [first] = list(party['names']);
  return String(first?.['full'] ?? first?.['dpid'] ?? '?');
};

/** Gives every name once: a second one of the same is numbered. */
function numbering(): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    let own = name;
    for (let number = 2; taken.has(own); number++) own = name === '' ? String(number) : `${name} (${number})`;
    taken.add(own);
    return own;
  };
}

class Collector {
  readonly facts: Facts = new Map();

  constructor(private readonly withFiles: boolean) {}

  /** A fact whose key is taken is another one of the same, and is numbered. */
  add(key: string, subject: string, path: readonly string[], value: string): void {
    const steps = path.filter((part) => part !== '');
    const whole = `${key}/${steps.join('/')}`;
    let free = whole;
    let number = 1;
    while (this.facts.has(free)) free = `${whole} (${++number})`;
    const field = steps.join(', ');
    this.facts.set(free, { subject, field: field === '' ? null : `${field}${number > 1 ? ` (${number})` : ''}`, value });
  }

  walk(key: string, subject: string, value: Json | undefined, path: readonly string[]): void {
    if (value === undefined) return;
    const said = single(value);
    if (said !== undefined) {
      if (!(Array.isArray(value) && value.length === 0)) this.add(key, subject, path, said);
      return;
    }
    if (Array.isArray(value)) {
      this.items(key, subject, value, path);
      return;
    }
    for (const [name, part] of Object.entries(value as Tree)) {
      if (unsaid.has(name)) continue;
      if (name === 'party') {
        if (isTree(part)) this.party(key, subject, part, path);
        continue;
      }
      this.walk(key, subject, part, [...path, wordOf(name)]);
    }
  }

  private items(key: string, subject: string, items: readonly Json[], path: readonly string[]): void {
    const numbered = numbering();
    const parties: string[] = [];
    items.forEach((item, index) => {
      const { name, rest } = keyed(item, index);
      const step = [...path, numbered(name)];
      if (isTree(item) && isTree(item['party'])) {
        // Who is credited is a fact of its own: it can be added or removed.
        parties.push(name);
        this.add(key, subject, step, name);
      }
      if (isTree(item) && item['sequence'] !== undefined && item['sequence'] !== index + 1)
        this.add(key, subject, [...step, 'place'], String(item['sequence']));
      this.walk(key, subject, rest, step);
    });
    if (parties.length > 1) this.add(key, subject, [...path, 'order'], parties.join(', '));
  }

  /** A party, whose first name is what it is called by. */
  party(key: string, subject: string, party: Tree, path: readonly string[]): void {
    const [first, ...others] = list(party['names']);
    this.walk(key, subject, without(party, 'names'), path);
    if (first) this.walk(key, subject, without(first, 'full'), [...path, 'name']);
    others.forEach((name, index) => {
      const { name: scope, rest } = keyed(name, index + 1);
      this.walk(key, subject, rest, [...path, 'name', scope]);
    });
  }

  /** Files and what is technically said of them, apart from the facts of the resource itself. */
  encodings(key: string, subject: string, technical: readonly Tree[], path: readonly string[]): void {
    technical.forEach((details, at) => {
      const files = details['files'] === undefined ? [details] : list(details['files']);
      const encoding = [...path, at === 0 ? '' : `encoding ${at + 1}`];
      // Their language and territory are those of what is in the file.
      const { files: _, language, territory, isDefault, ...facts } = details;
      if (details['files'] !== undefined) {
        this.walk(key, subject, facts, encoding);
        this.walk(key, subject, { language, territory, isDefault }, [...encoding, 'file']);
      }
      files.forEach((file, index) => {
        const { file: delivered, ...others } = file;
        const step = [...encoding, index === 0 ? 'file' : `file ${index + 1}`];
        this.walk(key, subject, others, step);
        if (this.withFiles) this.walk(key, subject, delivered, step);
      });
    });
  }
}

const list = (value: unknown): Tree[] => (Array.isArray(value) ? (value as Tree[]) : []);
const quoted = (item: Tree): string => {
  const [first] = list(item['titleTexts']);
  return first ? ` "${String(first['text'])}"` : '';
};

/** Whether a notification names any file: one of ERN 3 that leaves its files out names none. */
export function namesFiles({ recordings, videos, images, texts }: ReleaseNotification): boolean {
  const files = [
    ...recordings.flatMap((recording) => recording.editions.flatMap(({ technical }) => technical.flatMap((details) => details.files))),
    ...[...videos, ...images].flatMap((item) => item.technical),
    ...texts.flatMap((text) => text.technical ?? []),
  ];
  return files.some(({ file }) => file !== undefined);
}

/**
 * Everything that a notification says to a reader, but for its id, its time, its file's name and its references. Recordings are
 * the same when their ISRC is, deals when they are for the same release, model and uses. `files`: also names and checksums of files.
 */
export function factsOf(notification: ReleaseNotification, options: { files: boolean } = { files: true }): Facts {
  const parties = new Map(notification.parties.map(({ reference, ...party }: Party) => [reference, party]));
  const named = new Set<string>();
  const resolve = (value: unknown): Json => {
    if (Array.isArray(value)) return value.map(resolve);
    if (value === null || typeof value !== 'object') return value as Json;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        if (key !== 'party') return [key, resolve(item)];
        named.add(item as string);
        return [key, (parties.get(item as string) ?? { names: [{ full: String(item) }] }) as unknown as Json];
      }),
    );
  };
  const { parties: _, ...unnamed } = notification;
  const said = resolve(unnamed) as Tree;
  const out = new Collector(options.files);

  const { messageId: __, createdAt: ___, fileName: ____, ...header } = said['header'] as Tree;
  const { language, avsVersionId, profile, profileVariant } = said;
  out.walk('message', 'The message', { ...header, language, avsVersionId, profile, profileVariant }, []);
  for (const [reference, party] of parties)
    if (!named.has(reference)) {
      out.add('message', 'The message', ['party without a part'], nameOf(party as unknown as Tree));
      out.party('message', 'The message', party as unknown as Tree, ['party without a part', nameOf(party as unknown as Tree)]);
    }

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
  const keyOnce = numbering();
  for (const recording of list(said['recordings'])) {
    const reference = String(recording['reference']);
    const [edition] = list(recording['editions']);
    const [ids] = list(edition?.['ids']);
    const own = list(ids?.['proprietaryIds'])[0]?.['value'];
    subjects.set(reference, {
      key: keyOnce(`recording/${String(ids?.['isrc'] ?? own ?? reference)}`),
      subject: `${labels.get(reference) ?? 'A recording'}${quoted(recording)}`,
    });
  }
  const others = (
    [
      ['images', 'The cover image'],
      ['videos', 'A moving cover'],
      ['texts', 'Lyrics'],
    ] as const
  ).flatMap(([name, what]) =>
    list(said[name]).map((item, index) => {
      const own = list(list(item['ids'])[0]?.['proprietaryIds'])[0]?.['value'] ?? list(item['proprietaryIds'])[0]?.['value'];
      const key = keyOnce(`${name}/${name === 'images' && index === 0 ? 'cover' : String(own ?? index)}`);
      const which =
        item['language'] !== undefined && name === 'texts'
          ? ` in ${String(item['language'])}`
          : name === 'videos'
            ? ` (${String(own ?? index + 1)})`
            : '';
      return { item, key, subject: `${what}${which}` };
    }),
  );
  const titleOf = (reference: unknown): string =>
    subjects.get(String(reference))?.subject.replace(/^Track \d+ /, '') ??
    others.find(({ item }) => item['reference'] === reference)?.subject ??
    String(reference);
  /** What belongs to something, in which way. */
  const links = (key: string, subject: string, linked: Json | undefined, path: readonly string[]): void => {
    const numbered = numbering();
    for (const link of list(linked)) {
      const step = [...path, 'linked', numbered(titleOf(link['resource']))];
      out.add(key, subject, step, titleOf(link['resource']));
      out.walk(key, subject, without(link, 'resource'), step);
    }
  };

  for (const recording of list(said['recordings'])) {
    const { key, subject } = subjects.get(String(recording['reference']))!;
    out.add(key, subject, [], subject);
    const { editions, ...rest } = recording;
    out.walk(key, subject, rest, []);
    const numbered = numbering();
    list(editions).forEach((edition, index) => {
      const { technical, type, ...facts } = edition;
      const path = index === 0 ? [] : [numbered(String(type ?? `edition ${index + 1}`))];
      if (index === 0) out.walk(key, subject, type, ['edition']);
      out.walk(key, subject, facts, path);
      out.encodings(key, subject, list(technical), path);
    });
  }
  out.add('release', 'The release', ['running order'], order.map(titleOf).join(', '));
  const { group, ...facts } = release;
  out.walk('release', 'The release', facts, []);
  groupFacts(group as Tree, ['resource group'], { out, subjects, titleOf, links });

  for (const { item, key, subject } of others) {
    out.add(key, subject, [], subject);
    const { technical, ...rest } = item;
    out.walk(key, subject, rest, []);
    out.encodings(key, subject, list(technical), []);
  }

  const visibilities = new Map(list(said['visibilities']).map((item) => [String(item['reference']), item]));
  const seen = new Set<string>();
  const shown = (key: string, subject: string, references: Json | undefined): void =>
    ((references as string[] | undefined) ?? []).forEach((reference, index) => {
      seen.add(reference);
      out.walk(key, subject, visibilities.get(reference), ['visibility', index === 0 ? '' : String(index + 1)]);
    });
  shown('release', 'The release', release['visibilities']);

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
    links(key, `The release of ${subject}`, track['linked'], []);
    shown(key, `The release of ${subject}`, track['visibilities']);
  }
  for (const [reference, item] of visibilities)
    if (!seen.has(reference)) out.walk('message', 'The message', item, ['visibility of nothing']);
  for (const item of list(said['deals']))
    for (const reference of (item['releases'] as string[]) ?? []) {
      const target = released.get(reference) ?? { key: reference, subject: reference };
      for (const deal of list(item['deals'])) {
        const models = single(deal['commercialModels'] ?? []) ?? '';
        const uses = single(deal['useTypes'] ?? []) ?? '';
        const places = single(deal['territories'] ?? []) ?? '';
        const name = `${deal['isPreOrder'] === true ? 'pre-order, ' : ''}${models}: ${uses}`;
        // The same offer may stand in several deals, one for each territory, or for each time.
        let key = `deal/${target.key}/${name}`;
        const subject = `The deal ${name} of ${target.subject}`;
        if (out.facts.has(`${key}/`)) key = keyOnce(`${key} in ${places}`);
        out.add(key, subject, [], name);
        const { commercialModels, useTypes, ...terms } = deal;
        void [commercialModels, useTypes];
        out.walk(key, subject, terms, []);
      }
    }
  return out.facts;
}

interface GroupContext {
  out: Collector;
  subjects: ReadonlyMap<string, { key: string; subject: string }>;
  titleOf(reference: unknown): string;
  links(key: string, subject: string, linked: Json | undefined, path: readonly string[]): void;
}

/** What a resource group says of itself, of its groups and, item by item, of what it holds. */
function groupFacts(group: Tree, path: readonly string[], context: GroupContext): void {
  const { out, subjects, titleOf, links } = context;
  const { groups, content, linked, sequence, ...facts } = group;
  out.walk('release', 'The release', facts, path);
  if (sequence !== undefined && sequence !== Number(/\d+$/.exec(path.at(-1)!)?.[0] ?? 1))
    out.add('release', 'The release', [...path, 'place'], String(sequence));
  links('release', 'The release', linked, path);
  if (path.length > 1)
    out.add(
      'release',
      'The release',
      [...path, 'tracks'],
      list(content)
        .map(({ resource }) => titleOf(resource))
        .join(', '),
    );
  list(content).forEach((item, index) => {
    const { resource, linked: itsLinks, ...said } = item;
    const { key, subject } = subjects.get(String(resource)) ?? { key: 'release', subject: 'The release' };
    const step = subjects.has(String(resource)) ? [] : [...path, titleOf(resource)];
    if (item['sequence'] !== undefined && item['sequence'] !== index + 1)
      out.add(key, subject, [...step, 'place'], String(item['sequence']));
    out.walk(key, subject, said, step);
    links(key, subject, itsLinks, step);
  });
  list(groups).forEach((inner, index) => groupFacts(inner, [...path, `group ${index + 1}`], context));
}
