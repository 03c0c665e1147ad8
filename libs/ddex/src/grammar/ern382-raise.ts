import type * as model from '../model/notification';
import { instrumentTargets } from '../model/roles';
import { displayTitle } from '../model/texts';
import type { XmlElement } from '../read/scan-xml';
import type { Reading } from './codec';
import { contentOf, inTime, modeOf, profile382, referenceTitleOf } from './ern382-lower';
import {
  displayTimes,
  dropPart,
  elementAt,
  type Audio382,
  type Deal382,
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
  type ReferenceTitle,
  type Release382,
  type TypedTitle,
} from './ern382-shapes';
import { clipOf } from './ern4-resources';

const ddexInstruments = new Set(Object.values(instrumentTargets));

/**
 * What an ERN 3.8.2 message says, as a notification. Parties that are written out wherever they are named become one list;
 * what is said twice is held once. Undefined when there is no main release; then it has been told.
 */
export function raise(message: Message382, root: XmlElement, context: Reading): model.ReleaseNotification | undefined {
  return new Raising(message, root, context).notification();
}

class Raising {
  private readonly parties: model.Party[] = [];
  private readonly byFacts = new Map<string, string>();

  constructor(
    private readonly message: Message382,
    private readonly root: XmlElement,
    private readonly context: Reading,
  ) {}

  notification(): model.ReleaseNotification | undefined {
    const { header, language, profile, videos, images, texts, releases, deals } = this.message;
    const isTrack = (release: Release382): boolean =>
      release.types.some((type) => type.value === 'TrackRelease') && release.isMain !== true;
    const mainIndex =
      releases.findIndex((release) => release.isMain) >= 0
        ? releases.findIndex((release) => release.isMain)
        : releases.findIndex((release) => !isTrack(release));
    const main = releases[mainIndex];
    if (!main) {
      this.context.missing.push({ element: this.root, reason: 'a main release' });
      return undefined;
    }
    const recordings = this.message.recordings.map((recording, index) =>
      this.recording(recording, elementAt(this.root, 'ResourceList', 'SoundRecording', index)),
    );
    const byReference = new Map(recordings.map((recording) => [recording.reference, recording]));
    const trackReleases: model.TrackRelease[] = [];
    releases.forEach((release, index) => {
      if (index === mainIndex) return;
      const element = elementAt(this.root, 'ReleaseList', 'Release', index);
      if (isTrack(release)) trackReleases.push(this.track(release, element, byReference));
      else this.context.drop(element, 'is a second release; the catalogue holds one in a message');
    });
    const { shown, visibilities } = this.visibilities();
    const whole = this.release(main, elementAt(this.root, 'ReleaseList', 'Release', mainIndex), byReference);
    const isOurs = profile === profile382(1) || profile === profile382(2);
    return {
      header,
      ...(language === undefined ? {} : { language }),
      ...(profile === undefined ? {} : { profile: isOurs ? 'Audio' : profile }),
      parties: this.parties,
      recordings,
      videos: videos.map((video, index) => {
        const element = elementAt(this.root, 'ResourceList', 'Video', index);
        const { details, referenceTitle, ...rest } = video;
        const described = this.described(details, referenceTitle, element, 'VideoDetailsByTerritory');
        return {
          ...rest,
          ...described,
          advisories: details?.advisories ?? [],
          technical: (details?.technical ?? []).map((item) => this.picture(item)),
        };
      }),
      images: images.map((image, index) => {
        const { details, titles = [], ...rest } = image;
        const { titleTexts, formal } = this.titles(titles, elementAt(this.root, 'ResourceList', 'Image', index), []);
        return {
          ...rest,
          ...(titleTexts.length > 0 ? { titleTexts } : {}),
          ...(formal.length > 0 ? { titles: formal } : {}),
          ...(details?.cLines ? { cLines: details.cLines } : {}),
          advisories: details?.advisories ?? [],
          technical: (details?.technical ?? []).map((item) => this.picture(item)),
        };
      }),
      texts: texts.map(({ details, ...rest }) => ({
        ...rest,
        ...(details?.technical ? { technical: details.technical.map(({ file, ...item }) => ({ ...item, ...fileOf(file) })) } : {}),
      })),
      release: { ...whole, ...shown(whole.reference) },
      trackReleases: trackReleases.map((track) => ({ ...track, ...shown(track.reference) })),
      deals: deals.map(({ releases: named, deals: offered }) => ({ releases: named, deals: offered.map(withoutTimes) })),
      visibilities,
    };
  }

  /**
   * When the releases are shown, gathered from their deals. A time that is the start of its deal says nothing: it is what would hold
   * without it.
   */
  private visibilities(): { visibilities: model.Visibility[]; shown(release: string): { visibilities?: string[] } } {
    const times = new Map<string, DisplayTimes>();
    this.message.deals.forEach(({ releases, deals }, index) =>
      deals.forEach((deal, at) => {
        for (const key of displayTimes) {
          const said = deal[key];
          if (said === undefined || (deal.start !== undefined && said === inTime(deal.start))) continue;
          for (const reference of releases) {
            const own = times.get(reference) ?? {};
            times.set(reference, own);
            if (own[key] === undefined || own[key] === said) own[key] = said;
            else
              this.context.drop(
                elementAt(this.root, 'DealList', 'ReleaseDeal', index).children.filter((child) => child.name === 'Deal')[at]!,
                `says another ${key} than an earlier deal of ${reference}, which stands`,
              );
          }
        }
      }),
    );
    const visibilities: model.Visibility[] = [];
    const references = new Map<string, string>();
    for (const [release, said] of times) {
      const key = JSON.stringify(displayTimes.map((name) => said[name]));
      const same = visibilities.find((other) => JSON.stringify(displayTimes.map((name) => other[name])) === key);
      const visibility = same ?? { reference: `V${visibilities.length + 1}`, ...said };
      if (!same) visibilities.push(visibility);
      references.set(release, visibility.reference);
    }
    return {
      visibilities,
      shown(release) {
        const reference = references.get(release);
        return reference === undefined ? {} : { visibilities: [reference] };
      },
    };
  }

  /** The reference of a party; the same names and identifiers are the same party. */
  private party(facts: NamedParty): string {
    const { names, isni, ipi, ipn, cisacSocietyId, dpid, proprietaryIds } = facts;
    const key = JSON.stringify([names, isni, ipi, ipn, cisacSocietyId, dpid, proprietaryIds]);
    const known = this.byFacts.get(key);
    if (known) return known;
    const reference = `P${this.parties.length + 1}`;
    this.byFacts.set(key, reference);
    const party: model.Party = { reference, names };
    for (const [name, value] of Object.entries({ isni, ipi, ipn, cisacSocietyId, dpid, proprietaryIds }))
      if (value !== undefined) (party as unknown as Record<string, unknown>)[name] = value;
    this.parties.push(party);
    return reference;
  }

  /** The first of several titles is the default one. */
  private static marked<T extends model.Scope>(titles: T[]): T[] {
    if (titles.length > 1) titles[0]!.isDefault = true;
    return titles;
  }

  private titles(
    titles: readonly TypedTitle[],
    element: XmlElement,
    path: readonly string[],
  ): { titleTexts: model.LocalText[]; formal: model.Title[]; shown: model.Title[]; further: model.AdditionalTitle[] } {
    const titleTexts: model.LocalText[] = [];
    const formal: model.Title[] = [];
    const shown: model.Title[] = [];
    const further: model.AdditionalTitle[] = [];
    for (const { type, ...title } of titles) {
      if (type === 'FormalTitle') formal.push(title);
      else if (type === undefined || type === 'DisplayTitle') {
        const { subTitles, ...rest } = title;
        titleTexts.push({ ...rest, text: (subTitles ?? []).reduce((text, subTitle) => displayTitle(text, subTitle.text), title.text) });
        shown.push({ ...title });
      } else if (type === 'Unknown' || type === 'UserDefined') dropPart(this.context, element, [...path, 'Title']);
      else further.push({ ...title, type: { value: type } });
    }
    return { titleTexts: Raising.marked(titleTexts), formal: Raising.marked(formal), shown: Raising.marked(shown), further };
  }

  private described(
    details: { titles: TypedTitle[]; displayArtists: NamedArtist[]; artistNames: model.LocalText[] } | undefined,
    reference: ReferenceTitle | undefined,
    element: XmlElement,
    block: string,
  ): model.Described {
    const { titleTexts, formal, shown, further } = this.titles(details?.titles ?? [], element, [block]);
    // A title that is said in one form only is said in both: the catalogue needs the string and its parts.
    const fromReference: model.Title[] = reference
      ? [{ text: reference.text, ...(reference.subTitle === undefined ? {} : { subTitles: [{ text: reference.subTitle }] }) }]
      : [];
    const titles = formal.length > 0 ? formal : shown.length > 0 ? shown : fromReference;
    const texts =
      titleTexts.length > 0
        ? titleTexts
        : titles.map(({ subTitles, ...title }) => ({
            ...title,
            text: (subTitles ?? []).reduce((text, subTitle) => displayTitle(text, subTitle.text), title.text),
          }));
    const said = { titleTexts: texts, titles };
    const isAnother = reference !== undefined && JSON.stringify(reference) !== JSON.stringify(referenceTitleOf(said));
    return {
      ...said,
      ...(isAnother ? { referenceTitle: reference } : {}),
      ...(further.length > 0 ? { additionalTitles: further } : {}),
      artistNames: details?.artistNames ?? [],
      artists: (details?.displayArtists ?? []).map((artist) => {
        const [role, ...artisticRoles] = artist.roles;
        return {
          party: this.party(artist),
          ...(artist.sequence === undefined ? {} : { sequence: artist.sequence }),
          role: role ?? { value: 'MainArtist' },
          ...(artisticRoles.length > 0 ? { artisticRoles } : {}),
        };
      }),
    };
  }

  private recording(shape: Recording382, element: XmlElement): model.SoundRecording {
    const { details, referenceTitle, ids, performanceLanguage, ...rest } = shape;
    const technical = (details?.technical ?? []).map((item) => this.audio(item));
    const mode = modeOf(technical[0]?.files[0]?.channels);
    const described = this.described(details, referenceTitle, element, 'SoundRecordingDetailsByTerritory');
    return {
      ...rest,
      ...described,
      editions: [{ ids, ...(details?.pLines ? { pLines: details.pLines } : {}), ...(mode ? { mode } : {}), technical }],
      contributions: this.contributions(details?.contributors ?? [], details?.writers ?? []),
      resourceRights: (details?.rights ?? []).map(
        ({ names: _, isni: __, ipi, ipn, cisacSocietyId, dpid, proprietaryIds, ...rights }, index) => {
          void [ipi, ipn, cisacSocietyId, dpid, proprietaryIds];
          return { ...rights, party: this.party(details.rights[index]!), territories: [] };
        },
      ),
      workRights: [],
      ...(details?.courtesyLine ? { courtesyLines: [details.courtesyLine] } : {}),
      ...(details?.firstPublished ? { firstPublished: [details.firstPublished] } : {}),
      advisories: details?.advisories ?? [],
      ...(performanceLanguage === undefined ? {} : { performanceLanguages: [{ language: performanceLanguage }] }),
      ...(details?.labelNames ? { labelNames: details.labelNames } : {}),
      ...(details?.genres ? { genres: details.genres } : {}),
    };
  }

  /** Performers and writers of the same name are one contributor with all its roles. */
  private contributions(contributors: readonly NamedContributor[], writers: readonly NamedArtist[]): model.Contribution[] {
    const merged: model.Contribution[] = contributors.map((item) => ({
      party: this.party(item),
      ...(item.sequence === undefined ? {} : { sequence: item.sequence }),
      roles: item.roles,
      instruments: (item.instruments ?? []).map((word) =>
        ddexInstruments.has(word) ? { value: word } : { value: 'UserDefined', userDefined: { value: word } },
      ),
      ...(item.isFeatured === undefined ? {} : { isFeatured: item.isFeatured }),
      ...(item.isContracted === undefined ? {} : { isContracted: item.isContracted }),
    }));
    for (const item of writers) {
      const party = this.party(item);
      const same = merged.find((other) => other.party === party && other.sequence === item.sequence);
      if (same) same.roles.push(...item.roles);
      else merged.push({ party, ...(item.sequence === undefined ? {} : { sequence: item.sequence }), roles: item.roles, instruments: [] });
    }
    return merged.every((item) => item.sequence !== undefined) ? merged.sort((a, b) => a.sequence! - b.sequence!) : merged;
  }

  private audio({ reference, isClip, preview, file, ...facts }: Audio382): model.TechnicalDetails {
    const said = { ...facts, ...fileOf(file) };
    return {
      reference,
      files: Object.keys(said).length > 0 ? [{ type: 'AudioFile', ...said }] : [],
      ...(isClip === undefined ? {} : { isClip }),
      ...(preview ? { clips: [clipOf(reference, preview)] } : {}),
    };
  }

  private picture({ file, ...details }: Picture382): model.VideoDetails {
    return { ...details, ...fileOf(file) };
  }

  private labels(labels: readonly Label382[]): model.LabelCredit[] {
    return labels.map(({ text, type, ...rest }) => ({
      ...rest,
      party: this.party({ names: [{ full: text }] }),
      ...(type ? { type: type.value === 'DisplayLabelName' ? { ...type, value: 'DisplayLabel' } : type } : {}),
    }));
  }

  private release(shape: Release382, element: XmlElement, recordings: ReadonlyMap<string, model.SoundRecording>): model.MainRelease {
    const { details, ids: given, referenceTitle, resources, isMain: _, types, pLines, cLines, ...rest } = shape;
    const { isrc, ...ids } = given;
    if (isrc !== undefined) dropPart(this.context, element, ['ReleaseId', 'ISRC'], 'names a recording, which bears it itself');
    const lines = (a: model.CopyrightLine[] | undefined, b: model.CopyrightLine[] | undefined): model.CopyrightLine[] =>
      [...(a ?? []), ...(b ?? [])].filter(
        (line, index, all) => all.findIndex((other) => JSON.stringify(other) === JSON.stringify(line)) === index,
      );
    const p = lines(details?.pLines, pLines);
    const c = lines(details?.cLines, cLines);
    const some = <K extends string, V>(key: K, items: V[] | undefined): { [P in K]?: V[] } =>
      (items && items.length > 0 ? { [key]: items } : {}) as { [P in K]?: V[] };
    const described = this.described(details, referenceTitle, element, 'ReleaseDetailsByTerritory');
    return {
      ...rest,
      ...described,
      ids,
      types: types.length > 0 ? types : (details?.types ?? []),
      labels: this.labels(details?.labels ?? []),
      ...some('pLines', p),
      ...some('cLines', c),
      genres: details?.genres ?? [],
      ...some('releaseDates', details?.releaseDate && [details.releaseDate]),
      ...some('originalReleaseDates', details?.originalReleaseDate && [details.originalReleaseDate]),
      advisories: details?.advisories ?? [],
      ...some('relatedReleases', details?.relatedReleases),
      ...(details?.isMultiArtistCompilation === undefined ? {} : { isMultiArtistCompilation: details.isMultiArtistCompilation }),
      group: this.group(details?.groups ?? [], resources, element, recordings),
      ...some('keywords', details?.keywords),
      ...some('synopses', details?.synopsis && [details.synopsis]),
      ...some('marketingComments', details?.marketingComment && [details.marketingComment]),
    };
  }

  /**
   * The content of a release: its resource groups where it has them, else the list of its resources in their order. What is
   * listed and in no group is linked to the release: cover images, booklets.
   */
  private group(
    groups: readonly Group382[],
    resources: Release382['resources'],
    element: XmlElement,
    recordings: ReadonlyMap<string, model.SoundRecording>,
  ): model.ResourceGroup {
    const path = ['ReleaseDetailsByTerritory', 'ResourceGroup'];
    const grouped: model.ResourceGroup =
      groups.length === 1
        ? this.oneGroup(groups[0]!, element, path)
        : { content: [], ...(groups.length > 1 ? { groups: groups.map((item) => this.oneGroup(item, element, path)) } : {}) };
    const placed = new Set(contentOf(grouped).flatMap((item) => [item.resource, ...(item.linked ?? []).map((link) => link.resource)]));
    const left = resources.filter((item) => !placed.has(item.reference));
    const primary = groups.length === 0 ? left.filter((item) => recordings.has(item.reference)) : [];
    const linked = left.filter((item) => !recordings.has(item.reference)).map((item) => ({ resource: item.reference }));
    if (groups.length > 0)
      for (const item of left.filter((other) => recordings.has(other.reference)))
        dropPart(
          this.context,
          element,
          ['ReleaseResourceReferenceList'],
          `lists ${item.reference}, which is in none of the release's groups`,
        );
    return {
      ...grouped,
      content: [...grouped.content, ...primary.map((item) => ({ resource: item.reference }))],
      ...(linked.length > 0 ? { linked } : {}),
    };
  }

  private oneGroup(shape: Group382, element: XmlElement, path: readonly string[]): model.ResourceGroup {
    const { titleTexts, formal } = this.titles(shape.titles ?? [], element, path);
    return {
      ...(titleTexts.length > 0 ? { titleTexts } : {}),
      ...(formal.length > 0 ? { titles: formal } : {}),
      ...(shape.sequence === undefined ? {} : { sequence: shape.sequence }),
      ...(shape.groups ? { groups: shape.groups.map((item) => this.oneGroup(item, element, [...path, 'ResourceGroup'])) } : {}),
      content: (shape.content ?? []).map(({ linked, ...item }) => ({
        ...item,
        ...(linked
          ? {
              linked: linked.map(({ description, ...link }) => ({
                ...link,
                ...(description === undefined ? {} : { description: { value: description } }),
              })),
            }
          : {}),
      })),
    };
  }

  /** A track's release holds what its recording does not say already. */
  private track(shape: Release382, element: XmlElement, recordings: ReadonlyMap<string, model.SoundRecording>): model.TrackRelease {
    const { details, ids: given, referenceTitle, resources, reference } = shape;
    const [primary, ...others] = resources;
    const recording = primary && recordings.get(primary.reference);
    const { isrc, ...ids } = given;
    if (isrc !== undefined && isrc !== recording?.editions[0]?.ids[0]?.isrc)
      dropPart(this.context, element, ['ReleaseId', 'ISRC'], 'is not that of the recording');
    if (!primary) this.context.missing.push({ element, reason: 'resource' });
    const { titleTexts, formal, further } = this.titles(details?.titles ?? [], element, ['ReleaseDetailsByTerritory']);
    const differs = (mine: unknown[], theirs: unknown[] | undefined): boolean =>
      mine.length > 0 && JSON.stringify(mine) !== JSON.stringify(theirs);
    const isOwnTitle = differs(titleTexts, recording?.titleTexts) || differs(formal, recording?.titles);
    const said = isOwnTitle ? { titleTexts, titles: formal } : { titleTexts: recording?.titleTexts ?? [], titles: recording?.titles ?? [] };
    if (referenceTitle && JSON.stringify(referenceTitle) !== JSON.stringify(referenceTitleOf(said)))
      dropPart(this.context, element, ['ReferenceTitle'], 'is another title than the displayed one');
    const block = ['ReleaseDetailsByTerritory'];
    const tell = (name: string): void => dropPart(this.context, element, [...block, name], 'is another than that of the recording');
    const artists = (details?.displayArtists ?? []).map((artist) => [this.party(artist), artist.sequence, artist.roles]);
    if (
      differs(
        artists,
        recording?.artists.map((artist) => [artist.party, artist.sequence, [artist.role, ...(artist.artisticRoles ?? [])]]),
      )
    )
      tell('DisplayArtist');
    if (differs(details?.artistNames ?? [], recording?.artistNames)) tell('DisplayArtistName');
    if (differs(details?.advisories ?? [], recording?.advisories)) tell('ParentalWarningType');
    for (const [key, name] of [
      ['pLines', 'PLine'],
      ['cLines', 'CLine'],
      ['groups', 'ResourceGroup'],
      ['releaseDate', 'ReleaseDate'],
      ['originalReleaseDate', 'OriginalReleaseDate'],
      ['keywords', 'Keywords'],
      ['synopsis', 'Synopsis'],
      ['marketingComment', 'MarketingComment'],
      ['isMultiArtistCompilation', 'IsMultiArtistCompilation'],
    ] as const)
      if (details?.[key] !== undefined) dropPart(this.context, element, [...block, name]);
    for (const [key, name] of [
      ['pLines', 'PLine'],
      ['cLines', 'CLine'],
      ['durationSeconds', 'Duration'],
    ] as const)
      if (shape[key] !== undefined) dropPart(this.context, element, [name]);
    return {
      reference,
      ids,
      ...(isOwnTitle ? { titleTexts, titles: formal } : {}),
      ...(further.length > 0 ? { additionalTitles: further } : {}),
      resource: primary?.reference ?? '',
      ...(others.length > 0 ? { linked: others.map((item) => ({ resource: item.reference })) } : {}),
      labels: this.labels(details?.labels ?? []),
      genres: details?.genres ?? [],
      ...(details?.relatedReleases ? { relatedReleases: details.relatedReleases } : {}),
    };
  }
}

/** A file that is named is a file that is delivered. */
function fileOf(file: File382 | undefined): { file?: model.DeliveredFile; isProvided?: true } {
  if (!file) return {};
  const folder = file.folder === undefined || file.folder === '' || file.folder.endsWith('/') ? (file.folder ?? '') : `${file.folder}/`;
  return { file: { uri: file.url ?? `${folder}${file.name ?? ''}`, ...(file.hash ? { hash: file.hash } : {}) }, isProvided: true };
}

/** A deal as the model has it: when its release is shown is said of the release there. */
function withoutTimes(deal: Deal382): model.Deal {
  const { releaseDisplayStart: _, trackListingPreviewStart: __, coverArtPreviewStart: ___, clipPreviewStart: ____, ...rest } = deal;
  return rest;
}
