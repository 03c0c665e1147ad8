import type * as model from '../model/notification';
import { instrumentTargets } from '../model/roles';
import type { Writing } from './codec';
import { countedChannels, previewOf } from './ern4-resources';
import { onlyFirst } from './values';
import {
  displayTimes,
  writerRoles,
  type Audio382,
  type DisplayTimes,
  type File382,
  type Group382,
  type Label382,
  type Message382,
  type NamedArtist,
  type NamedContributor,
  type NamedParty,
  type Picture382,
  type Recording382,
  type Release382,
  type ReleaseDetails382,
  type TypedTitle,
} from './ern382-shapes';

/** Title types of ERN 3 that a further title can have: DisplayTitle and FormalTitle are the two forms of the title itself. */
const furtherTitles = new Set([
  'AbbreviatedDisplayTitle',
  'AlternativeTitle',
  'FirstLineOfText',
  'GroupingTitle',
  'IncorrectTitle',
  'MisspelledTitle',
  'OriginalTitle',
  'SearchTitle',
  'SortingTitle',
  'TitleAsPart',
  'TitleWithoutPunctuation',
  'TranslatedTitle',
]);
const ddexInstruments = new Set(Object.values(instrumentTargets));

/** Languages as ERN 3.8.2 counts them: ISO 639-1 and two more. */
const isoLanguages = new Set(
  (
    'aa ab ae af ak am an ar as av ay az ba be bg bh bho bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en ' +
    'eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka ' +
    'kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb nd ne ng ' +
    'nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu raj rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su ' +
    'sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu'
  ).split(' '),
);

/** ERN 3 does not name the mode of a recording: one channel is mono, two are stereo. */
export const modeOf = (channels: string | undefined): string | undefined =>
  channels === '1' ? 'Mono' : channels === '2' ? 'Stereo' : undefined;

/** Our Audio profile, as ERN 3.8.2 names it: by the number of tracks. */
export const profile382 = (tracks: number): string => `CommonReleaseTypes/14/${tracks === 1 ? 'AudioSingle' : 'AudioAlbumMusicOnly'}`;

/** A notification in the shapes of ERN 3.8.2. What they cannot hold is told, with its place in the notification. */
export function lower(notification: model.ReleaseNotification, context: Writing): Message382 {
  return new Lowering(notification, context).message();
}

class Lowering {
  private readonly parties: Map<string, model.Party>;
  private readonly recordings: Map<string, model.SoundRecording>;

  constructor(
    private readonly notification: model.ReleaseNotification,
    private readonly context: Writing,
  ) {
    this.parties = new Map(notification.parties.map((party) => [party.reference, party]));
    this.recordings = new Map(notification.recordings.map((recording) => [recording.reference, recording]));
  }

  message(): Message382 {
    const { header, language, avsVersionId, profile, profileVariant, recordings, videos, images, texts, release, trackReleases, deals } =
      this.notification;
    if (avsVersionId !== undefined) this.lose('avsVersionId');
    if (profileVariant !== undefined) this.lose('profileVariant');
    this.notification.parties.forEach((party, index) => {
      if (party.profilePages?.length) this.lose(`parties[${index}].profilePages`);
    });
    const times = this.displayTimes();
    const isOurs = profile === 'Audio';
    return {
      header,
      ...(language === undefined ? {} : { language }),
      ...(profile === undefined ? {} : { profile: isOurs ? profile382(trackReleases.length || recordings.length) : profile }),
      recordings: recordings.map((recording, index) => this.recording(recording, `recordings[${index}]`)),
      videos: videos.map((video, index) => {
        const where = `videos[${index}]`;
        return {
          ...pick(video, 'language', 'type', 'ids', 'reference', 'durationSeconds'),
          referenceTitle: referenceTitleOf(video),
          details: {
            ...this.described(video, where),
            advisories: this.advisories(video.advisories, where),
            technical: video.technical.map((details, at) => this.picture(details, `${where}.technical[${at}]`)),
          },
        };
      }),
      images: images.map((image, index) => {
        const where = `images[${index}]`;
        const titles = [
          ...this.titles(image.titleTexts ?? [], 'DisplayTitle', `${where}.titleTexts`),
          ...this.titles(image.titles ?? [], 'FormalTitle', `${where}.titles`),
        ];
        return {
          ...pick(image, 'language', 'type', 'ids', 'reference'),
          ...(titles.length > 0 ? { titles } : {}),
          details: {
            ...some('cLines', this.locals(image.cLines, `${where}.cLines`)),
            advisories: this.advisories(image.advisories, where),
            technical: image.technical.map((details, at) => this.picture(details, `${where}.technical[${at}]`)),
          },
        };
      }),
      texts: texts.map((text, index) => {
        const where = `texts[${index}]`;
        if (text.languages?.length) this.lose(`${where}.languages`);
        return {
          ...pick(text, 'language', 'type', 'proprietaryIds', 'reference'),
          details: some(
            'technical',
            text.technical?.map(({ file, isProvided, ...rest }, at) => ({
              ...rest,
              ...this.file(file, isProvided, `${where}.technical[${at}]`),
            })),
          ),
        };
      }),
      releases: [this.release(release), ...trackReleases.map((track, index) => this.track(track, `trackReleases[${index}]`))],
      deals: deals.map((item, index) => ({
        releases: item.releases,
        deals: item.deals.map((deal, at) => ({ ...this.deal(deal, `deals[${index}].deals[${at}]`), ...times.get(deal) })),
      })),
    };
  }

  /**
   * When a release is shown, of each of its deals. ERN 3 wants all four times: what a visibility leaves open is the start of the deal, as
   * the standard says. A visibility that holds in some territories is said of the deals that hold in the same.
   */
  private displayTimes(): Map<model.Deal, DisplayTimes> {
    const { release, trackReleases, deals, visibilities } = this.notification;
    const referring = new Map([release, ...trackReleases].map((item) => [item.reference, item.visibilities ?? []]));
    const times = new Map<model.Deal, DisplayTimes>();
    /** Which visibility of which release found a deal. */
    const carried = new Set<string>();
    for (const { releases, deals: offered } of deals) {
      const [own, ...others] = releases.map((reference) => referring.get(reference) ?? []);
      if (!own || others.some((list) => list.join() !== own.join())) continue;
      for (const deal of offered) {
        const shown = visibilities.find(
          ({ reference, territories }) =>
            own.includes(reference) && (!territories || JSON.stringify(territories) === JSON.stringify(deal.territories)),
        );
        if (!shown || deal.start === undefined) continue;
        times.set(deal, Object.fromEntries(displayTimes.map((key) => [key, inTime(shown[key] ?? deal.start!)])));
        for (const reference of releases) carried.add(`${reference} ${shown.reference}`);
      }
    }
    const reason = 'ERN 3.8.2 says when a release is shown of its deals, and of one visibility for each';
    [release, ...trackReleases].forEach(({ reference, visibilities: named }, index) => {
      if (named?.some((visibility) => !carried.has(`${reference} ${visibility}`)))
        this.lose(index === 0 ? 'release.visibilities' : `trackReleases[${index - 1}].visibilities`, reason);
    });
    visibilities.forEach(({ reference, territories }, index) => {
      if (![...referring.keys()].some((of) => carried.has(`${of} ${reference}`))) this.lose(`visibilities[${index}]`, reason);
      else if (territories)
        this.lose(`visibilities[${index}].territories`, 'ERN 3.8.2 says it of the deals that hold in these territories');
    });
    return times;
  }

  private lose(where: string, reason?: string): void {
    this.context.lose(where, reason);
  }

  /** A text, name or line without the territory and the marks that ERN 3 has no place for. */
  private local<T extends model.Scope>(item: T, where: string): Omit<T, 'territory' | 'isDefault' | 'isInOriginalLanguage'> {
    const { territory, isDefault, isInOriginalLanguage, ...rest } = item;
    if (territory !== undefined) this.lose(`${where}.territory`, 'ERN 3.8.2 is written with one set of details for all territories');
    if (isDefault !== undefined) this.lose(`${where}.isDefault`);
    if (isInOriginalLanguage !== undefined) this.lose(`${where}.isInOriginalLanguage`);
    return rest;
  }

  private locals<T extends model.Scope>(items: readonly T[] | undefined, where: string) {
    return items?.map((item, index) => this.local(item, `${where}[${index}]`));
  }

  /** Titles of one form. The first is the default one, which is how ERN 3 says so. */
  private titles(items: readonly (model.Title | model.LocalText)[], type: string, where: string): TypedTitle[] {
    return items.map((item, index) => {
      const { isDefault, ...rest } = item;
      const isFirstOfMany = items.length > 1 && index === 0;
      if (isFirstOfMany !== (isDefault ?? false) || (isDefault === false && !isFirstOfMany))
        this.lose(`${where}[${index}].isDefault`, 'The first title is the default one in ERN 3');
      const { subTitles, ...title } = this.local<model.Title>(rest, `${where}[${index}]`) as Omit<model.Title, keyof model.Scope> & {
        language?: string;
      };
      return { type, ...title, ...some('subTitles', this.subTitles(subTitles, `${where}[${index}]`)) };
    });
  }

  private subTitles(subTitles: readonly model.SubTitle[] | undefined, where: string): model.SubTitle[] | undefined {
    return subTitles?.map(({ sequence, isDisplayedInTitle, ...rest }, index) => {
      if (sequence !== undefined) this.lose(`${where}.subTitles[${index}].sequence`);
      if (isDisplayedInTitle !== undefined) this.lose(`${where}.subTitles[${index}].isDisplayedInTitle`);
      return rest;
    });
  }

  private allTitles(item: Pick<model.Described, 'titleTexts' | 'titles' | 'additionalTitles'>, where: string): TypedTitle[] {
    const further = (item.additionalTitles ?? []).flatMap(({ type, ...title }, index) => {
      const at = `${where}.additionalTitles[${index}]`;
      if (!type || type.userDefined || !furtherTitles.has(type.value)) {
        this.lose(at);
        return [];
      }
      const { subTitles, ...rest } = this.local(title, at);
      return [{ type: type.value, ...rest, ...some('subTitles', this.subTitles(subTitles, at)) }];
    });
    return [
      ...this.titles(item.titleTexts, 'DisplayTitle', `${where}.titleTexts`),
      ...this.titles(item.titles, 'FormalTitle', `${where}.titles`),
      ...further,
    ];
  }

  private described(
    item: model.Described,
    where: string,
  ): { titles: TypedTitle[]; displayArtists: NamedArtist[]; artistNames: model.LocalText[] } {
    if (item.versionTypes?.length) this.lose(`${where}.versionTypes`);
    return {
      titles: this.allTitles(item, where),
      displayArtists: item.artists.map((artist, index) => ({
        ...this.party(artist.party, `${where}.artists[${index}].party`),
        ...pick(artist, 'sequence'),
        roles: [artist.role, ...(artist.artisticRoles ?? [])],
      })),
      artistNames: this.locals(item.artistNames, `${where}.artistNames`)!,
    };
  }

  private party(reference: string, where: string): NamedParty {
    const party = this.parties.get(reference);
    if (!party) throw new Error(`${where}: no party is ${reference}`);
    return {
      ...pick(party, 'isni', 'ipi', 'ipn', 'cisacSocietyId', 'dpid', 'proprietaryIds'),
      names: party.names.map((name, index) => this.local(name, `${where}.names[${index}]`)),
    };
  }

  private advisories(advisories: readonly model.Advisory[], where: string): model.CodedValue[] {
    return advisories.map((advisory, index) => this.local(advisory, `${where}.advisories[${index}]`));
  }

  private file(file: model.DeliveredFile | undefined, isProvided: boolean | undefined, where: string): { file?: File382 } {
    if (isProvided !== (file ? true : undefined)) this.lose(`${where}.isProvided`, 'ERN 3 takes every file that it names as delivered');
    // An update that leaves its files out must not name them: that would say that they come along.
    if (file && isProvided === false) this.lose(`${where}.file`, 'ERN 3 names only files that come along');
    if (!file || isProvided === false) return {};
    if (file.sizeKilobytes !== undefined) this.lose(`${where}.file.sizeKilobytes`);
    const slash = file.uri.lastIndexOf('/') + 1;
    const place = file.uri.includes('://')
      ? { url: file.uri }
      : { name: file.uri.slice(slash), ...(slash > 0 ? { folder: file.uri.slice(0, slash) } : {}) };
    return { file: { ...place, ...(file.hash ? { hash: file.hash } : {}) } };
  }

  private picture({ file, isProvided, ...details }: model.ImageDetails | model.VideoDetails, where: string): Picture382 {
    const { language, ...rest } = this.local(details, where);
    if (language !== undefined) this.lose(`${where}.language`);
    return { ...rest, ...this.file(file, isProvided, where) };
  }

  private recording(recording: model.SoundRecording, where: string): Recording382 {
    for (const key of ['isSupplemental', 'relatedReleases', 'containsAi', 'isCover', 'hasVocals', 'isHiRes', 'workRights'] as const) {
      const held = recording[key];
      if (held !== undefined && !(Array.isArray(held) && held.length === 0)) this.lose(`${where}.${key}`);
    }
    const [main, ...others] = recording.editions;
    others.forEach((_, index) => this.lose(`${where}.editions[${index + 1}]`, 'ERN 3.8.2 knows no editions'));
    if (main?.type !== undefined) this.lose(`${where}.editions[0].type`);
    if (main && main.mode !== modeOf(main.technical[0]?.files[0]?.channels))
      this.lose(`${where}.editions[0].mode`, 'The mode of a recording shows in its number of channels in ERN 3');
    const language = onlyFirst(recording.performanceLanguages ?? [], `${where}.performanceLanguages`, this.context);
    if (language?.isMain !== undefined) this.lose(`${where}.performanceLanguages[0].isMain`);
    const published = onlyFirst(recording.firstPublished ?? [], `${where}.firstPublished`, this.context);
    const courtesy = onlyFirst(recording.courtesyLines ?? [], `${where}.courtesyLines`, this.context);
    const credits = this.contributions(recording.contributions, where);
    return {
      ...pick(
        recording,
        'language',
        'type',
        'workIds',
        'reference',
        'isInstrumental',
        'isHidden',
        'isBonus',
        'isRemastered',
        'durationSeconds',
      ),
      ...this.performanceLanguage(language, where),
      ...this.dates({ created: recording.created, mastered: recording.mastered, remastered: recording.remastered }, where),
      ids: main?.ids ?? [],
      referenceTitle: referenceTitleOf(recording),
      details: {
        ...this.described(recording, where),
        ...credits,
        ...some('labelNames', this.locals(recording.labelNames, `${where}.labelNames`)),
        rights: recording.resourceRights.map((rights, index) => {
          const at = `${where}.resourceRights[${index}]`;
          if (rights.territories.length > 0) this.lose(`${at}.territories`);
          if (rights.controls.includes('RightsHolder'))
            this.lose(`${at}.controls`, 'ERN 3.8.2 has no RightsHolder: RightsController stands in its place');
          return {
            ...this.party(rights.party, `${at}.party`),
            ...pick(rights, 'sequence', 'type', 'share', 'startDate', 'endDate'),
            controls: rights.controls.map((word) => (word === 'RightsHolder' ? 'RightsController' : word)),
          };
        }),
        ...this.dates({ firstPublished: published }, `${where}`, '[0]'),
        ...some('pLines', this.locals(main?.pLines, `${where}.editions[0].pLines`)),
        ...(courtesy ? { courtesyLine: this.local(courtesy, `${where}.courtesyLines[0]`) } : {}),
        ...some('genres', this.locals(recording.genres, `${where}.genres`)),
        advisories: this.advisories(recording.advisories, where),
        technical: (main?.technical ?? []).map((details, index) => this.audio(details, `${where}.editions[0].technical[${index}]`)),
      },
    };
  }

  private performanceLanguage(language: model.PerformanceLanguage | undefined, where: string): { performanceLanguage?: string } {
    if (!language) return {};
    const code = language.language.split('-')[0]!.toLowerCase();
    if (code !== language.language || !isoLanguages.has(code))
      this.lose(`${where}.performanceLanguages[0]`, 'ERN 3.8.2 names languages by their two letters, without script and region');
    return isoLanguages.has(code) ? { performanceLanguage: code } : {};
  }

  private dates<K extends string>(
    dates: Record<K, model.EventDate | undefined>,
    where: string,
    suffix = '',
  ): { [P in K]?: model.EventDate } {
    const said: { [P in K]?: model.EventDate } = {};
    for (const key of Object.keys(dates) as K[]) {
      const date = dates[key];
      if (!date) continue;
      const { isDefault, ...rest } = date;
      if (isDefault !== undefined) this.lose(`${where}.${key}${suffix}.isDefault`);
      said[key] = rest;
    }
    return said;
  }

  /** Whoever wrote is credited in one composite, whoever performed or produced in another. */
  private contributions(
    contributions: readonly model.Contribution[],
    where: string,
  ): { contributors: NamedContributor[]; writers: NamedArtist[] } {
    const contributors: NamedContributor[] = [];
    const writers: NamedArtist[] = [];
    contributions.forEach((item, index) => {
      const at = `${where}.contributions[${index}]`;
      const isWriting = (role: model.CodedValue): boolean => writerRoles.has(role.value) && !role.userDefined;
      const wrote = item.roles.filter(isWriting);
      const did = item.roles.filter((role) => !isWriting(role));
      const who = { ...this.party(item.party, `${at}.party`), ...pick(item, 'sequence') };
      if (item.ai !== undefined) this.lose(`${at}.ai`);
      const instruments = item.instruments.map((instrument, number) => {
        const own = instrument.userDefined;
        const word = own?.value ?? instrument.value;
        if (own ? own.namespace !== undefined || ddexInstruments.has(word) : !ddexInstruments.has(word))
          this.lose(`${at}.instruments[${number}]`, 'Instruments are plain words in ERN 3');
        return word;
      });
      if (
        did.length > 0 ||
        wrote.length === 0 ||
        instruments.length > 0 ||
        item.isFeatured !== undefined ||
        item.isContracted !== undefined
      )
        contributors.push({ ...who, roles: did, ...pick(item, 'isFeatured', 'isContracted'), ...some('instruments', instruments) });
      if (wrote.length > 0) writers.push({ ...who, roles: wrote });
    });
    return { contributors, writers };
  }

  private audio(details: model.TechnicalDetails, where: string): Audio382 {
    const { files, clips, hasImmersiveMetadata, ...rest } = details;
    const { language, ...kept } = this.local(rest, where);
    if (language !== undefined) this.lose(`${where}.language`);
    if (hasImmersiveMetadata !== undefined) this.lose(`${where}.hasImmersiveMetadata`);
    const first = onlyFirst(files, `${where}.files`, this.context);
    if (first && first.type !== 'AudioFile') this.lose(`${where}.files[0].type`);
    for (const key of ['originalBitRateKbps', 'audioObjects', 'originalSampleRateHz'] as const)
      if (first?.[key] !== undefined) this.lose(`${where}.files[0].${key}`);
    this.context.enter(where);
    const preview = clips ? previewOf(details, this.context) : undefined;
    const channels = countedChannels(first?.channels, 'files[0].channels', this.context);
    this.context.leave();
    return {
      ...kept,
      ...(first ? pick(first, 'container', 'codec', 'bitRateKbps', 'sampleRateHz', 'bitsPerSample', 'durationSeconds') : {}),
      ...(channels === undefined ? {} : { channels }),
      ...(preview ? { preview } : {}),
      ...(first ? this.file(first.file, first.isProvided, `${where}.files[0]`) : {}),
    };
  }

  private labels(labels: readonly model.LabelCredit[], where: string): Label382[] {
    return labels.map((label, index) => {
      const at = `${where}.labels[${index}]`;
      const { party, type, ...rest } = this.local(label, at);
      const facts = this.party(party, `${at}.party`);
      const [name, ...others] = facts.names;
      if (others.length > 0 || Object.keys(facts).length > 1 || Object.keys(name ?? {}).length > 1)
        this.lose(`${at}.party`, 'A label is a name alone in ERN 3');
      return {
        ...rest,
        text: name?.full ?? '',
        ...(type ? { type: type.value === 'DisplayLabel' ? { ...type, value: 'DisplayLabelName' } : type } : {}),
      };
    });
  }

  private relatedReleases(related: readonly model.RelatedRelease[] | undefined): { relatedReleases?: model.RelatedRelease[] } {
    return some('relatedReleases', related ? [...related] : undefined);
  }

  private release(release: model.MainRelease): Release382 {
    const where = 'release';
    for (const key of [
      'isSingleArtistCompilation',
      'hiResDescription',
      'containsAi',
      'isSoundtrack',
      'isHiRes',
      'courtesyLines',
    ] as const) {
      const held = release[key];
      if (held !== undefined && !(Array.isArray(held) && held.length === 0)) this.lose(`${where}.${key}`);
    }
    const first = <V>(items: readonly V[] | undefined, key: string): V | undefined =>
      onlyFirst(items ?? [], `${where}.${key}`, this.context);
    const comment = first(release.marketingComments, 'marketingComments');
    const synopsis = first(release.synopses, 'synopses');
    const details: ReleaseDetails382 = {
      ...this.described(release, where),
      labels: this.labels(release.labels, where),
      ...pick(release, 'isMultiArtistCompilation'),
      ...this.relatedReleases(release.relatedReleases),
      advisories: this.advisories(release.advisories, where),
      ...(comment ? { marketingComment: this.local(comment, `${where}.marketingComments[0]`) } : {}),
      groups: this.groups(release.group),
      genres: this.locals(release.genres, `${where}.genres`)!,
      ...some('pLines', this.locals(release.pLines, `${where}.pLines`)),
      ...some('cLines', this.locals(release.cLines, `${where}.cLines`)),
      ...rename(this.dates({ releaseDates: first(release.releaseDates, 'releaseDates') }, where, '[0]'), 'releaseDates', 'releaseDate'),
      ...rename(
        this.dates({ originalReleaseDates: first(release.originalReleaseDates, 'originalReleaseDates') }, where, '[0]'),
        'originalReleaseDates',
        'originalReleaseDate',
      ),
      ...some('keywords', this.locals(release.keywords, `${where}.keywords`)),
      ...(synopsis ? { synopsis: this.local(synopsis, `${where}.synopses[0]`) } : {}),
    };
    return {
      isMain: true,
      ...pick(release, 'language', 'ids', 'reference', 'durationSeconds', 'types'),
      referenceTitle: referenceTitleOf(release),
      resources: [
        ...contentOf(release.group).map((item) => ({ reference: item.resource, kind: 'PrimaryResource' })),
        ...linksOf(release.group).map((link) => ({ reference: link.resource, kind: 'SecondaryResource' })),
      ],
      details,
    };
  }

  /** The resource groups of a release. The outermost group is the release itself unless it has facts of its own. */
  private groups(group: model.ResourceGroup): Group382[] {
    const isBare =
      group.content.length === 0 &&
      (group.groups?.length ?? 0) > 1 &&
      Object.keys(group).every((key) => ['content', 'groups', 'linked'].includes(key));
    (group.linked ?? []).forEach((link, index) => {
      for (const key of ['description', 'language'] as const)
        if (link[key] !== undefined) this.lose(`release.group.linked[${index}].${key}`);
    });
    if (isBare) return group.groups!.map((item, index) => this.group(item, `release.group.groups[${index}]`));
    return [this.group(group, 'release.group', true)];
  }

  private group(group: model.ResourceGroup, where: string, isOutermost = false): Group382 {
    for (const key of ['type', 'displaySequence', 'durationSeconds', 'additionalTitles'] as const)
      if (group[key] !== undefined) this.lose(`${where}.${key}`);
    if (!isOutermost && group.linked?.length) this.lose(`${where}.linked`);
    const titles = [
      ...this.titles(group.titleTexts ?? [], 'DisplayTitle', `${where}.titleTexts`),
      ...this.titles(group.titles ?? [], 'FormalTitle', `${where}.titles`),
    ];
    return {
      ...some('titles', titles),
      ...pick(group, 'sequence'),
      ...some(
        'groups',
        group.groups?.map((item, index) => this.group(item, `${where}.groups[${index}]`)),
      ),
      ...some(
        'content',
        group.content.map((item, index) => {
          const at = `${where}.content[${index}]`;
          if (item.displaySequence !== undefined) this.lose(`${at}.displaySequence`);
          return {
            ...pick(item, 'sequence', 'resource', 'isBonus', 'isInstantGratification', 'isPreOrderIncentive'),
            ...some(
              'linked',
              item.linked?.map(({ description, ...link }, number) => {
                if (description?.userDefined) this.lose(`${at}.linked[${number}].description`, 'Descriptions are plain words in ERN 3');
                return { ...link, ...(description ? { description: description.userDefined?.value ?? description.value } : {}) };
              }),
            ),
          };
        }),
      ),
    };
  }

  /** A track's release bears title, artists and the rest of its recording: ERN 3 has no other place where they are read from. */
  private track(track: model.TrackRelease, where: string): Release382 {
    const recording = this.recordings.get(track.resource);
    if (track.isMain !== undefined) this.lose(`${where}.isMain`);
    const said: model.Described = {
      titleTexts: track.titleTexts ?? recording?.titleTexts ?? [],
      titles: track.titles ?? recording?.titles ?? [],
      artistNames: recording?.artistNames ?? [],
      artists: recording?.artists ?? [],
      ...(track.additionalTitles ? { additionalTitles: track.additionalTitles } : {}),
    };
    (track.linked ?? []).forEach((link, index) => {
      for (const key of ['description', 'language'] as const) if (link[key] !== undefined) this.lose(`${where}.linked[${index}].${key}`);
    });
    const losses = this.context.losses.length;
    const described = this.described(said, where);
    // What comes from the recording has been told of there.
    const own = this.context.losses
      .splice(losses)
      .filter(({ path }) =>
        (['titleTexts', 'titles', 'additionalTitles'] as const).some((key) => track[key] && path.startsWith(`${where}.${key}`)),
      );
    this.context.losses.push(...own);
    const isrc = recording?.editions[0]?.ids[0]?.isrc;
    return {
      ids: { ...track.ids, ...(isrc === undefined ? {} : { isrc }) },
      reference: track.reference,
      referenceTitle: referenceTitleOf(said),
      resources: [
        { reference: track.resource, kind: 'PrimaryResource' },
        ...(track.linked ?? []).map((link) => ({ reference: link.resource, kind: 'SecondaryResource' })),
      ],
      types: [{ value: 'TrackRelease' }],
      details: {
        ...described,
        labels: this.labels(track.labels, where),
        ...this.relatedReleases(track.relatedReleases),
        advisories: (recording?.advisories ?? []).map(({ territory: _, isDefault: __, ...advisory }) => advisory),
        genres: this.locals(track.genres, `${where}.genres`)!,
      },
    };
  }

  private deal(deal: model.Deal, where: string): model.Deal {
    if (!deal.territories) this.lose(`${where}.territories`, 'ERN 3 wants the territories to be said: Worldwide stands in their place');
    deal.prices?.forEach((price, index) => {
      if (price.type?.userDefined) this.lose(`${where}.prices[${index}].type`);
    });
    return {
      ...deal,
      territories: deal.territories ?? { mode: 'only', codes: ['Worldwide'] },
      ...some(
        'prices',
        deal.prices?.map((price) => (price.type?.userDefined ? (({ type: _, ...rest }) => rest)(price) : price)),
      ),
    };
  }
}

/** A date is the midnight that begins it. */
export const inTime = (moment: string): string => (moment.includes('T') ? moment : `${moment}T00:00:00`);

/** All that a group holds, in order. */
export const contentOf = (group: model.ResourceGroup): model.ContentItem[] => [
  ...(group.groups ?? []).flatMap(contentOf),
  ...group.content,
];
const linksOf = (group: model.ResourceGroup): model.ResourceLink[] => group.linked ?? [];

/** The title by which a work is referred to: said as such, else the title in its parts. */
export function referenceTitleOf(item: Pick<model.Described, 'referenceTitle' | 'titles' | 'titleTexts'>): {
  text: string;
  subTitle?: string;
} {
  if (item.referenceTitle) return item.referenceTitle;
  const title = item.titles[0];
  if (!title) return { text: item.titleTexts[0]?.text ?? '' };
  const subTitle = title.subTitles?.[0]?.text;
  return { text: title.text, ...(subTitle === undefined ? {} : { subTitle }) };
}

/** Those of these properties that are there. */
function pick<T extends object, K extends keyof T>(from: T, ...keys: K[]): Pick<T, K> {
  const picked = {} as Pick<T, K>;
  for (const key of keys) if (from[key] !== undefined) picked[key] = from[key];
  return picked;
}

/** A list under a key, unless it is empty. */
const some = <K extends string, V>(key: K, items: V[] | undefined): { [P in K]?: V[] } =>
  (items && items.length > 0 ? { [key]: items } : {}) as { [P in K]?: V[] };

function rename<A extends string, B extends string>(from: { [P in A]?: model.EventDate }, a: A, b: B): { [P in B]?: model.EventDate } {
  return (from[a] ? { [b]: from[a] } : {}) as { [P in B]?: model.EventDate };
}
