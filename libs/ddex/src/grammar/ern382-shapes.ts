import type * as model from '../model/notification';
import type { XmlElement } from '../read/scan-xml';
import {
  attribute,
  content,
  decimal,
  duration,
  flag,
  integer,
  many,
  one,
  record,
  text,
  within,
  type Codec,
  type Field,
  type Reading,
} from './codec';
import {
  bitRate,
  coded,
  codedAttributes,
  codedContent,
  frequency,
  hashValue,
  money,
  nearest,
  period,
  pixels,
  proprietaryId,
  share,
  territories,
} from './values';

/**
 * ERN 3.8.2 as it is: parties written out wherever they are named, details by territory, all releases in one list. What becomes
 * of these shapes in the model, and of the model in these shapes, is said in ern382-raise and ern382-lower.
 */
export interface NamedParty {
  names: model.PartyName[];
  isni?: string;
  ipi?: string;
  ipn?: string;
  cisacSocietyId?: string;
  dpid?: string;
  proprietaryIds?: model.ProprietaryId[];
}

export interface TypedTitle {
  type?: string;
  language?: string;
  text: string;
  subTitles?: model.SubTitle[];
}

export interface NamedArtist extends NamedParty {
  sequence?: number;
  roles: model.CodedValue[];
}

export interface NamedContributor extends NamedArtist {
  isFeatured?: boolean;
  isContracted?: boolean;
  instruments?: string[];
}

export interface NamedController extends NamedParty {
  sequence?: number;
  controls: string[];
  share?: string;
  type?: string;
  startDate?: string;
  endDate?: string;
}

export interface File382 {
  name?: string;
  folder?: string;
  url?: string;
  hash?: { algorithm: model.CodedValue; value: string };
}

export interface Audio382 {
  reference: string;
  container?: model.CodedValue;
  codec?: model.CodedValue;
  bitRateKbps?: number;
  channels?: string;
  sampleRateHz?: number;
  bitsPerSample?: number;
  durationSeconds?: number;
  isClip?: boolean;
  preview?: { start?: number; end?: number; durationSeconds?: number; expression: string };
  file?: File382;
}

export interface Details382 {
  titles: TypedTitle[];
  displayArtists: NamedArtist[];
  contributors: NamedContributor[];
  writers: NamedArtist[];
  artistNames: model.LocalText[];
  labelNames?: model.LocalText[];
  rights: NamedController[];
  firstPublished?: model.EventDate;
  pLines?: model.CopyrightLine[];
  courtesyLine?: model.LocalText;
  genres?: model.Genre[];
  advisories: model.CodedValue[];
  technical: Audio382[];
}

export interface ReferenceTitle {
  text: string;
  subTitle?: string;
}

export interface Recording382 {
  language?: string;
  type?: model.CodedValue;
  ids: model.ResourceIdentifiers[];
  workIds?: model.WorkId[];
  reference: string;
  referenceTitle?: ReferenceTitle;
  isInstrumental?: boolean;
  isHidden?: boolean;
  isBonus?: boolean;
  isRemastered?: boolean;
  performanceLanguage?: string;
  durationSeconds: number;
  created?: model.EventDate;
  mastered?: model.EventDate;
  remastered?: model.EventDate;
  details: Details382;
}

export interface Picture382 {
  reference: string;
  codec?: model.CodedValue;
  container?: model.CodedValue;
  heightPixels?: number;
  widthPixels?: number;
  aspectRatio?: number;
  durationSeconds?: number;
  file?: File382;
}

export interface Image382 {
  language?: string;
  type?: model.CodedValue;
  ids: model.ResourceIdentifiers[];
  reference: string;
  titles?: TypedTitle[];
  details: { cLines?: model.CopyrightLine[]; advisories: model.CodedValue[]; technical: Picture382[] };
}

export interface Video382 {
  language?: string;
  type?: model.CodedValue;
  ids: model.ResourceIdentifiers[];
  reference: string;
  referenceTitle?: ReferenceTitle;
  durationSeconds: number;
  details: {
    titles: TypedTitle[];
    displayArtists: NamedArtist[];
    artistNames: model.LocalText[];
    advisories: model.CodedValue[];
    technical: Picture382[];
  };
}

export interface Text382 {
  language?: string;
  type?: model.CodedValue;
  proprietaryIds?: model.ProprietaryId[];
  reference: string;
  details: { technical?: { reference: string; codec?: model.CodedValue; file?: File382 }[] };
}

export interface Item382 {
  sequence?: number;
  resource: string;
  linked?: { resource: string; description?: string; language?: string }[];
  isBonus?: boolean;
  isInstantGratification?: boolean;
  isPreOrderIncentive?: boolean;
}

export interface Group382 {
  titles?: TypedTitle[];
  sequence?: number;
  groups?: Group382[];
  content?: Item382[];
}

export interface ReleaseIds382 extends model.ReleaseIdentifiers {
  isrc?: string;
}

export interface ListedResource {
  reference: string;
  kind?: string;
}

export interface Label382 {
  text: string;
  language?: string;
  type?: model.CodedValue;
}

export interface ReleaseDetails382 {
  artistNames: model.LocalText[];
  labels: Label382[];
  titles: TypedTitle[];
  displayArtists: NamedArtist[];
  isMultiArtistCompilation?: boolean;
  types?: model.CodedValue[];
  relatedReleases?: model.RelatedRelease[];
  advisories: model.CodedValue[];
  marketingComment?: model.LocalText;
  groups?: Group382[];
  genres: model.Genre[];
  pLines?: model.CopyrightLine[];
  cLines?: model.CopyrightLine[];
  releaseDate?: model.EventDate;
  originalReleaseDate?: model.EventDate;
  keywords?: model.LocalText[];
  synopsis?: model.LocalText;
}

export interface Release382 {
  isMain?: boolean;
  language?: string;
  ids: ReleaseIds382;
  reference: string;
  referenceTitle?: ReferenceTitle;
  resources: ListedResource[];
  types: model.CodedValue[];
  details: ReleaseDetails382;
  durationSeconds?: number;
  pLines?: model.CopyrightLine[];
  cLines?: model.CopyrightLine[];
}

/** When a release may be shown: ERN 3 says all four of these of a deal, or none. */
export const displayTimes = ['releaseDisplayStart', 'trackListingPreviewStart', 'coverArtPreviewStart', 'clipPreviewStart'] as const;
export type DisplayTimes = { [K in (typeof displayTimes)[number]]?: string };
export type Deal382 = model.Deal & DisplayTimes;
export interface ReleaseDeal382 {
  releases: string[];
  deals: Deal382[];
}

export interface Message382 {
  language?: string;
  profile?: string;
  header: model.MessageHeader;
  recordings: Recording382[];
  videos: Video382[];
  images: Image382[];
  texts: Text382[];
  releases: Release382[];
  deals: ReleaseDeal382[];
}

export interface Purge382 {
  language?: string;
  header: model.MessageHeader;
  purged: { releaseId?: ReleaseIds382; titles: model.PurgedTitle[] };
}

/** Roles of writers, who make a work and not a recording: their composite is another one. */
export const writerRoles = new Set(
  'Adapter Arranger Author Composer ComposerLyricist Librettist Lyricist NonLyricAuthor SubArranger SubLyricist Translator MusicPublisher OriginalPublisher SubPublisher SubstitutedPublisher'.split(
    ' ',
  ),
);
const contributorRoles = new Set(
  (
    'Actor Architect Artist AssociatedPerformer Band BookPublisher Cartoonist Choir Choreographer ComputerGraphicCreator Conductor Contributor ' +
    'CostumeDesigner Designer Dubber Encoder Ensemble FeaturedArtist FilmDirector FilmDistributor FilmEditor FilmProducer FilmSoundEngineer ' +
    'GraphicArtist GraphicDesigner Journalist MainArtist Member Narrator NewspaperPublisher Orchestra Painter PeriodicalPublisher Photographer ' +
    'PhotographyDirector PlaybackSinger PrimaryMusician Producer Programmer RightsControllerOnProduct ScreenplayAuthor SetDesigner Soloist ' +
    'StageDirector StudioPersonnel SubtitlesEditor SubtitlesTranslator Unknown UserDefined VoiceActor MusicDirector'
  ).split(' '),
);
const artistRoles = new Set(
  (
    'Actor Adapter Architect Arranger Artist AssociatedPerformer Author Band Cartoonist Choir Choreographer Composer ComposerLyricist ' +
    'ComputerGraphicCreator Conductor Contributor Dancer Designer Director Ensemble FeaturedArtist FilmDirector GraphicArtist GraphicDesigner ' +
    'Journalist Librettist Lyricist MainArtist Narrator NonLyricAuthor Orchestra OriginalPublisher Painter Photographer PhotographyDirector ' +
    'Playwright PrimaryMusician Producer Programmer ScreenplayAuthor Soloist StudioMusician StudioPersonnel SubArranger Translator Unknown UserDefined'
  ).split(' '),
);
const audioCodecs = new Set(
  'AAC ADPCM ALaw AMR-NB AMR-WB FLAC MP2 MP3 MuLaw PCM PDM QCELP RealAudio Shockwave Unknown UserDefined Vorbis WMA'.split(' '),
);
const laterVideoCodecs = /^(HEVC|ProRes-)/;
const laterReleaseTypes = new Set(
  'AudioDramaRelease ClassicalDigitalBoxedSet ClassicalMultimediaAlbum DjMix Drama DramaticoMusicalVideoRelease MultimediaDigitalBoxedSet NonMusicalWorkBasedGameRelease PlayList ShortFilm StemBundle VideoMastertoneRelease'.split(
    ' ',
  ),
);
const oldHashes = new Set(['MD4', 'MD5', 'SHA', 'SHA1', 'UserDefined']);
const knows =
  (words: ReadonlySet<string>) =>
  (word: string): boolean =>
    words.has(word);

/** Whom ERN 3 names Producer, ERN 4 names StudioProducer. */
const roleCodec = (known: ReadonlySet<string>): Codec<model.CodedValue> => {
  const plain = coded(knows(known));
  return {
    write: (value, name, context) => plain.write(value.value === 'StudioProducer' ? { value: 'Producer' } : value, name, context),
    read(element, context) {
      const value = plain.read(element, context);
      return value?.value === 'Producer' && !value.userDefined ? { value: 'StudioProducer' } : value;
    },
  };
};

const language = attribute<{ language?: string }, 'language'>('LanguageAndScriptCode', 'language', text);
const languageOf = <T extends { language?: string }>(): Field<T> => language;
const localText = record<model.LocalText>([languageOf(), content('text', text)]);

const partyName = record<model.PartyName>([
  languageOf(),
  one('FullName', 'full', text, { required: true }),
  one('FullNameAsciiTranscribed', 'ascii', text),
  one('FullNameIndexed', 'indexed', text),
  one('NamesBeforeKeyName', 'beforeKey', text),
  one('KeyName', 'key', text),
  one('NamesAfterKeyName', 'afterKey', text),
  one('AbbreviatedName', 'abbreviated', text),
]);

const partyNamespaces = { ipi: 'IPI', ipn: 'IPN', cisacSocietyId: 'CISAC' } as const;
const isTrue = (value: string): boolean => value === 'true' || value === '1';

/** Names and identifiers of a party, where it is named. */
const partyFields = <T extends NamedParty>(): Field<T>[] => [
  many<NamedParty, 'names'>('PartyName', 'names', partyName, { listed: true }),
  {
    keys: ['isni', 'ipi', 'ipn', 'cisacSocietyId', 'dpid', 'proprietaryIds'],
    write(party, out) {
      const id = (attributes: Record<string, string> | null, value: string): void =>
        void out.push({ name: 'PartyId', attributes, content: value });
      if (party.isni !== undefined) id({ IsISNI: 'true' }, party.isni);
      if (party.dpid !== undefined) id({ IsDPID: 'true' }, party.dpid);
      for (const key of ['ipi', 'ipn', 'cisacSocietyId'] as const)
        if (party[key] !== undefined) id({ Namespace: partyNamespaces[key] }, party[key]);
      for (const own of party.proprietaryIds ?? []) id(own.namespace === '' ? null : { Namespace: own.namespace }, own.value);
    },
    elements: {
      PartyId(element, target, context) {
        const given = new Map(element.attributes.map((item) => [item.name, item.value]));
        for (const name of given.keys()) if (!['Namespace', 'IsDPID', 'IsISNI'].includes(name)) context.drop(element, undefined, name);
        const value = element.text.trim();
        const namespace = given.get('Namespace') ?? '';
        const slot = isTrue(given.get('IsISNI') ?? '')
          ? 'isni'
          : isTrue(given.get('IsDPID') ?? '')
            ? 'dpid'
            : (['ipi', 'ipn', 'cisacSocietyId'] as const).find((key) => partyNamespaces[key] === namespace.toUpperCase());
        if (slot && target[slot] === undefined) target[slot] = value;
        else (target.proprietaryIds ??= []).push({ namespace, value });
      },
    },
  } satisfies Field<NamedParty>,
];

const subTitle = record<model.SubTitle>([attribute('SubTitleType', 'type', text), content('text', text)]);
const title = record<TypedTitle>([
  languageOf(),
  attribute('TitleType', 'type', text),
  one('TitleText', 'text', text, { required: true }),
  many('SubTitle', 'subTitles', subTitle),
]);
const referenceTitle = record<ReferenceTitle>([one('TitleText', 'text', text, { required: true }), one('SubTitle', 'subTitle', text)]);
const artist = record<NamedArtist>([
  attribute('SequenceNumber', 'sequence', integer),
  ...partyFields<NamedArtist>(),
  many('ArtistRole', 'roles', roleCodec(artistRoles), { listed: true }),
]);
const contributor = record<NamedContributor>([
  attribute('SequenceNumber', 'sequence', integer),
  ...partyFields<NamedContributor>(),
  many('ResourceContributorRole', 'roles', roleCodec(contributorRoles), { listed: true }),
  one('IsFeaturedArtist', 'isFeatured', flag),
  one('IsContractedArtist', 'isContracted', flag),
  many('InstrumentType', 'instruments', text),
]);
const writer = record<NamedArtist>([
  attribute('SequenceNumber', 'sequence', integer),
  ...partyFields<NamedArtist>(),
  many('IndirectResourceContributorRole', 'roles', coded(), { listed: true }),
]);
const controller = record<NamedController>([
  attribute('SequenceNumber', 'sequence', integer),
  ...partyFields<NamedController>(),
  many('RightsControllerRole', 'controls', nearest({ RightsHolder: 'RightsController', LocalPayee: 'Unknown' }), { listed: true }),
  share(),
  one('RightsControllerType', 'type', text),
  one('StartDate', 'startDate', text),
  one('EndDate', 'endDate', text),
]);
const copyright = (letter: 'P' | 'C'): Codec<model.CopyrightLine> =>
  record<model.CopyrightLine>([
    languageOf(),
    one('Year', 'year', integer),
    one(`${letter}LineCompany`, 'company', text),
    one(`${letter}LineText`, 'text', text, { required: true }),
  ]);
const genre = record<model.Genre>([languageOf(), one('GenreText', 'text', text, { required: true }), one('SubGenre', 'subGenre', text)]);
const eventDate = record<model.EventDate>([
  attribute('TerritoryCode', 'territory', text),
  attribute('IsApproximate', 'isApproximate', flag),
  content('date', text),
]);
const advisory = record<model.CodedValue>(codedContent());
const file = record<File382>([
  one('FileName', 'name', text),
  one('FilePath', 'folder', text),
  one('URL', 'url', text),
  one(
    'HashSum',
    'hash',
    record<NonNullable<File382['hash']>>([
      one('HashSum', 'value', hashValue, { required: true }),
      one('HashSumAlgorithmType', 'algorithm', coded(knows(oldHashes)), { required: true }),
    ]),
  ),
]);
const resourceIds = record<model.ResourceIdentifiers>([
  attribute('IsReplaced', 'isReplaced', flag),
  one('ISRC', 'isrc', text),
  one('CatalogNumber', 'catalogNumber', proprietaryId),
  many('ProprietaryId', 'proprietaryIds', proprietaryId),
]);
const icpn: Codec<string> = {
  write: (value, name) => ({ name, attributes: { IsEan: value.length === 13 }, content: value }),
  read(element, context) {
    // Whether it is an EAN shows in its length.
    for (const item of element.attributes) if (item.name !== 'IsEan') context.drop(element, undefined, item.name);
    return element.text.trim();
  },
};
const releaseIds = record<ReleaseIds382>([
  one('GRid', 'grid', text),
  one('ISRC', 'isrc', text),
  one('ICPN', 'icpn', icpn),
  one('CatalogNumber', 'catalogNumber', proprietaryId),
  many('ProprietaryId', 'proprietaryIds', proprietaryId),
]);
const workId = record<model.WorkId>([
  one('ISWC', 'iswc', text),
  one('OpusNumber', 'opus', text),
  many('ComposerCatalogNumber', 'composerCatalogNumbers', text),
  many('ProprietaryId', 'proprietaryIds', proprietaryId),
]);

/** Is this block of details the one for all territories? */
const isWorldwide = (block: XmlElement): boolean =>
  block.children.some((child) => child.name === 'TerritoryCode' && child.text.trim() === 'Worldwide');

/**
 * Details by territory. The catalogue keeps one set: that for everywhere, else the first; the others are told of, and so is
 * that the one which is kept was meant for some territories only.
 */
function detailsByTerritory<T, K extends Extract<keyof T, string>>(name: string, key: K, fields: Field<NonNullable<T[K]>>[]): Field<T> {
  type D = NonNullable<T[K]> & object;
  const codec = record<D>(fields);
  // The places of the block itself are read here, and are no property of the details.
  const where: Field<D> = { keys: [], elements: { TerritoryCode: () => undefined, ExcludedTerritoryCode: () => undefined } };
  const reading = record<D>([where, ...(fields as unknown as Field<D>[])]);
  return {
    keys: [key],
    required: [key],
    write(value, out, context) {
      const node = codec.write(value[key] as D, name, context);
      (node.content as unknown[]).unshift({ name: 'TerritoryCode', attributes: null, content: 'Worldwide' });
      out.push(node);
    },
    elements: {
      [name](element, target, context) {
        const blocks = element.parent!.children.filter((child) => child.name === name);
        if (element !== (blocks.find(isWorldwide) ?? blocks[0])) return context.drop(element, 'says something else for some territories');
        if (!isWorldwide(element)) context.drop(element, 'is meant for some territories only; it is read as what holds everywhere');
        target[key] = reading.read(element, context) as T[K];
      },
    },
  };
}

const preview = record<NonNullable<Audio382['preview']>>([
  one('StartPoint', 'start', decimal),
  one('EndPoint', 'end', decimal),
  one('Duration', 'durationSeconds', duration),
  one('ExpressionType', 'expression', text, { required: true }),
]);
const audio = record<Audio382>([
  one('TechnicalResourceDetailsReference', 'reference', text, { required: true }),
  one('ContainerFormat', 'container', coded()),
  one('AudioCodecType', 'codec', coded(knows(audioCodecs))),
  one('BitRate', 'bitRateKbps', bitRate),
  one('NumberOfChannels', 'channels', text),
  one('SamplingRate', 'sampleRateHz', frequency),
  one('BitsPerSample', 'bitsPerSample', integer),
  one('Duration', 'durationSeconds', duration),
  one('IsPreview', 'isClip', flag),
  one('PreviewDetails', 'preview', preview),
  one('File', 'file', file),
]);
const recording = record<Recording382>([
  languageOf(),
  one(
    'SoundRecordingType',
    'type',
    coded((word) => word !== 'AudioStem' && word !== 'Clip'),
  ),
  many('SoundRecordingId', 'ids', resourceIds, { listed: true }),
  many('IndirectSoundRecordingId', 'workIds', workId),
  one('ResourceReference', 'reference', text, { required: true }),
  one('ReferenceTitle', 'referenceTitle', referenceTitle),
  one('IsInstrumental', 'isInstrumental', flag),
  one('IsHiddenResource', 'isHidden', flag),
  one('IsBonusResource', 'isBonus', flag),
  one('IsRemastered', 'isRemastered', flag),
  one('LanguageOfPerformance', 'performanceLanguage', text),
  one('Duration', 'durationSeconds', duration, { required: true }),
  one('CreationDate', 'created', eventDate),
  one('MasteredDate', 'mastered', eventDate),
  one('RemasteredDate', 'remastered', eventDate),
  detailsByTerritory<Recording382, 'details'>('SoundRecordingDetailsByTerritory', 'details', [
    many('Title', 'titles', title, { listed: true }),
    many('DisplayArtist', 'displayArtists', artist, { listed: true }),
    many('ResourceContributor', 'contributors', contributor, { listed: true }),
    many('IndirectResourceContributor', 'writers', writer, { listed: true }),
    many('DisplayArtistName', 'artistNames', localText, { listed: true }),
    many('LabelName', 'labelNames', localText),
    many('RightsController', 'rights', controller, { listed: true }),
    one('OriginalResourceReleaseDate', 'firstPublished', eventDate),
    many('PLine', 'pLines', copyright('P')),
    one('CourtesyLine', 'courtesyLine', localText),
    many('Genre', 'genres', genre),
    many('ParentalWarningType', 'advisories', advisory, { listed: true }),
    many('TechnicalSoundRecordingDetails', 'technical', audio, { listed: true }),
  ]),
]);

const pictureStart: Field<Picture382>[] = [one('TechnicalResourceDetailsReference', 'reference', text, { required: true })];
const image = record<Image382>([
  languageOf(),
  one(
    'ImageType',
    'type',
    coded((word) => !['Portrait', 'ProfilePicture', 'SocialBannerImage'].includes(word)),
  ),
  many('ImageId', 'ids', resourceIds, { listed: true }),
  one('ResourceReference', 'reference', text, { required: true }),
  many('Title', 'titles', title),
  detailsByTerritory<Image382, 'details'>('ImageDetailsByTerritory', 'details', [
    many('CLine', 'cLines', copyright('C')),
    many('ParentalWarningType', 'advisories', advisory, { listed: true }),
    many(
      'TechnicalImageDetails',
      'technical',
      record<Picture382>([
        ...pictureStart,
        one('ImageCodecType', 'codec', coded()),
        one('ImageHeight', 'heightPixels', pixels),
        one('ImageWidth', 'widthPixels', pixels),
        one('File', 'file', file),
      ]),
      { listed: true },
    ),
  ]),
]);
const video = record<Video382>([
  languageOf(),
  one(
    'VideoType',
    'type',
    coded((word) => word !== 'FrontCoverVideo'),
  ),
  many('VideoId', 'ids', resourceIds, { listed: true }),
  one('ResourceReference', 'reference', text, { required: true }),
  one('ReferenceTitle', 'referenceTitle', referenceTitle),
  one('Duration', 'durationSeconds', duration, { required: true }),
  detailsByTerritory<Video382, 'details'>('VideoDetailsByTerritory', 'details', [
    many('Title', 'titles', title, { listed: true }),
    many('DisplayArtist', 'displayArtists', artist, { listed: true }),
    many('DisplayArtistName', 'artistNames', localText, { listed: true }),
    many('ParentalWarningType', 'advisories', advisory, { listed: true }),
    many(
      'TechnicalVideoDetails',
      'technical',
      record<Picture382>([
        ...pictureStart,
        one('ContainerFormat', 'container', coded()),
        one(
          'VideoCodecType',
          'codec',
          coded((word) => !laterVideoCodecs.test(word)),
        ),
        one('ImageHeight', 'heightPixels', pixels),
        one('ImageWidth', 'widthPixels', pixels),
        one('AspectRatio', 'aspectRatio', decimal),
        one('Duration', 'durationSeconds', duration),
        one('File', 'file', file),
      ]),
      { listed: true },
    ),
  ]),
]);
const words = record<Text382>([
  languageOf(),
  one('TextType', 'type', coded()),
  within('TextId', [many<Text382, 'proprietaryIds'>('ProprietaryId', 'proprietaryIds', proprietaryId)]),
  one('ResourceReference', 'reference', text, { required: true }),
  detailsByTerritory<Text382, 'details'>('TextDetailsByTerritory', 'details', [
    many(
      'TechnicalTextDetails',
      'technical',
      record<NonNullable<Text382['details']['technical']>[number]>([
        one('TechnicalResourceDetailsReference', 'reference', text, { required: true }),
        one('TextCodecType', 'codec', coded()),
        one('File', 'file', file),
      ]),
    ),
  ]),
]);

const link = record<NonNullable<Item382['linked']>[number]>([
  attribute('LinkDescription', 'description', text),
  languageOf(),
  content('resource', text),
]);
const resourceReference = record<ListedResource>([attribute('ReleaseResourceType', 'kind', text), content('reference', text)]);
const plainReference: Codec<string> = {
  write: (value, name) => ({ name, attributes: null, content: value }),
  read(element, context) {
    for (const item of element.attributes) if (item.name !== 'ReleaseResourceType') context.drop(element, undefined, item.name);
    return element.text.trim();
  },
};
const item = record<Item382>([
  one('SequenceNumber', 'sequence', integer),
  one('ReleaseResourceReference', 'resource', plainReference, { required: true }),
  many('LinkedReleaseResourceReference', 'linked', link),
  one('IsBonusResource', 'isBonus', flag),
  one('IsInstantGratificationResource', 'isInstantGratification', flag),
  one('IsPreOrderIncentiveResource', 'isPreOrderIncentive', flag),
]);
const innerGroup: Codec<Group382> = {
  write: (value, name, context) => group.write(value, name, context),
  read: (element, context) => group.read(element, context),
};
const group: Codec<Group382> = record<Group382>([
  many('Title', 'titles', title),
  one('SequenceNumber', 'sequence', integer),
  many('ResourceGroup', 'groups', innerGroup),
  many('ResourceGroupContentItem', 'content', item),
]);
const relatedRelease = record<model.RelatedRelease>([
  one('ReleaseId', 'ids', releaseIds, { required: true }),
  one('ReleaseRelationshipType', 'relationship', coded(), { required: true }),
]);
const label = record<Label382>([
  languageOf(),
  ...(codedAttributes('type', 'LabelNameType') as unknown as Field<Label382>[]),
  content('text', text),
]);
const release = record<Release382>([
  languageOf(),
  attribute('IsMainRelease', 'isMain', flag),
  one('ReleaseId', 'ids', releaseIds, { required: true }),
  one('ReleaseReference', 'reference', text, { required: true }),
  one('ReferenceTitle', 'referenceTitle', referenceTitle),
  within(
    'ReleaseResourceReferenceList',
    [many<Release382, 'resources'>('ReleaseResourceReference', 'resources', resourceReference, { listed: true })],
    {
      always: true,
    },
  ),
  many(
    'ReleaseType',
    'types',
    coded((word) => !laterReleaseTypes.has(word)),
    { listed: true },
  ),
  detailsByTerritory<Release382, 'details'>('ReleaseDetailsByTerritory', 'details', [
    many('DisplayArtistName', 'artistNames', localText, { listed: true }),
    many('LabelName', 'labels', label, { listed: true }),
    many('Title', 'titles', title, { listed: true }),
    many('DisplayArtist', 'displayArtists', artist, { listed: true }),
    one('IsMultiArtistCompilation', 'isMultiArtistCompilation', flag),
    many('ReleaseType', 'types', coded()),
    many('RelatedRelease', 'relatedReleases', relatedRelease),
    many('ParentalWarningType', 'advisories', advisory, { listed: true }),
    one('MarketingComment', 'marketingComment', localText),
    many('ResourceGroup', 'groups', group),
    many('Genre', 'genres', genre, { listed: true }),
    many('PLine', 'pLines', copyright('P')),
    many('CLine', 'cLines', copyright('C')),
    one('ReleaseDate', 'releaseDate', eventDate),
    one('OriginalReleaseDate', 'originalReleaseDate', eventDate),
    many('Keywords', 'keywords', localText),
    one('Synopsis', 'synopsis', localText),
  ]),
  one('Duration', 'durationSeconds', duration),
  many('PLine', 'pLines', copyright('P')),
  many('CLine', 'cLines', copyright('C')),
]);

const price = record<model.Price>([
  ...(codedAttributes('type', 'PriceType') as unknown as Field<model.Price>[]),
  one('PriceType', 'code', proprietaryId),
  one('WholesalePricePerUnit', 'wholesale', money),
  one('SuggestedRetailPrice', 'suggestedRetail', money),
]);
const channelId: Codec<string> = {
  write: (value, name) => ({ name, attributes: { IsDPID: true }, content: value }),
  read(element, context) {
    for (const given of element.attributes) if (given.name !== 'IsDPID') context.drop(element, undefined, given.name);
    return element.text.trim();
  },
};
interface Channel {
  dpid: string;
  name?: string;
}
const channel = record<Channel>([
  within('PartyName', [one<Channel, 'name'>('FullName', 'name', text)]),
  one('PartyId', 'dpid', channelId, { required: true }),
]);
const deal = record<Deal382>([
  many('DealReference', 'references', text),
  within('DealTerms', [
    one<Deal382, 'isPreOrder'>('IsPreOrderDeal', 'isPreOrder', flag),
    many<Deal382, 'commercialModels'>('CommercialModelType', 'commercialModels', coded(), { listed: true }),
    within<Deal382>('Usage', [many<Deal382, 'useTypes'>('UseType', 'useTypes', coded(), { listed: true })], { repeats: true }),
    one<Deal382, 'isTakeDown'>('TakeDown', 'isTakeDown', flag),
    territories<Deal382>(),
    many<Deal382, 'channels'>('DistributionChannel', 'channels', channel),
    many<Deal382, 'prices'>('PriceInformation', 'prices', price),
    one<Deal382, 'isPromotional'>('IsPromotional', 'isPromotional', flag),
    within<Deal382>('ValidityPeriod', [period<Deal382>()]),
    one<Deal382, 'releaseDisplayStart'>('ReleaseDisplayStartDateTime', 'releaseDisplayStart', text),
    one<Deal382, 'trackListingPreviewStart'>('TrackListingPreviewStartDateTime', 'trackListingPreviewStart', text),
    one<Deal382, 'coverArtPreviewStart'>('CoverArtPreviewStartDateTime', 'coverArtPreviewStart', text),
    one<Deal382, 'clipPreviewStart'>('ClipPreviewStartDateTime', 'clipPreviewStart', text),
    within<Deal382>('RightsClaimPolicy', [one<Deal382, 'rightsClaimPolicy'>('RightsClaimPolicyType', 'rightsClaimPolicy', text)]),
  ]),
]);
const releaseDeal = record<ReleaseDeal382>([
  many('DealReleaseReference', 'releases', text, { listed: true }),
  many('Deal', 'deals', deal, { listed: true }),
]);

const messagingPartyId: Codec<string> = {
  write: (value, name) => ({ name, attributes: null, content: value }),
  read: channelId.read.bind(channelId),
};
const messagingParty = record<model.MessagingParty>([
  one('PartyId', 'dpid', messagingPartyId, { required: true }),
  within('PartyName', [one<model.MessagingParty, 'name'>('FullName', 'name', text)]),
  one('TradingName', 'tradingName', text),
]);
const header = record<model.MessageHeader>([
  one('MessageThreadId', 'threadId', text),
  one('MessageId', 'messageId', text, { required: true }),
  one('MessageFileName', 'fileName', text),
  one('MessageSender', 'sender', messagingParty, { required: true }),
  one('SentOnBehalfOf', 'sentOnBehalfOf', messagingParty),
  many('MessageRecipient', 'recipients', messagingParty, { required: true }),
  one('MessageCreatedDateTime', 'createdAt', text, { required: true }),
  one('MessageControlType', 'control', text as never),
]);

/** The version of the schema, which the namespace says already. */
const schemaVersion: Field<object> = {
  keys: [],
  attribute: { name: 'MessageSchemaVersionId', write: () => 'ern/382', read: (given) => /^(\/?ern\/)?382$/.test(given.trim()) },
};

export const message382 = record<Message382>([
  schemaVersion,
  attribute('ReleaseProfileVersionId', 'profile', text),
  languageOf(),
  one('MessageHeader', 'header', header, { required: true }),
  within(
    'ResourceList',
    [
      many<Message382, 'recordings'>('SoundRecording', 'recordings', recording, { listed: true }),
      many<Message382, 'videos'>('Video', 'videos', video, { listed: true }),
      many<Message382, 'images'>('Image', 'images', image, { listed: true }),
      many<Message382, 'texts'>('Text', 'texts', words, { listed: true }),
    ],
    { always: true },
  ),
  within('ReleaseList', [many<Message382, 'releases'>('Release', 'releases', release, { listed: true })], { always: true }),
  within('DealList', [many<Message382, 'deals'>('ReleaseDeal', 'deals', releaseDeal, { listed: true })]),
]);

const purgedTitle = record<model.PurgedTitle>([
  languageOf(),
  attribute('TitleType', 'type', text),
  one('TitleText', 'text', text, { required: true }),
  one('SubTitle', 'subTitle', text),
]);
export const purge382 = record<Purge382>([
  schemaVersion,
  languageOf(),
  one('MessageHeader', 'header', header, { required: true }),
  one(
    'PurgedRelease',
    'purged',
    record<Purge382['purged']>([one('ReleaseId', 'releaseId', releaseIds), many('Title', 'titles', purgedTitle, { listed: true })]),
    { required: true },
  ),
]);

/** Elements of a list of the message, to tell of one. */
export const elementAt = (root: XmlElement, list: string, name: string, index: number): XmlElement =>
  root.children.find((child) => child.name === list)!.children.filter((child) => child.name === name)[index]!;

/** Tells of a part of an element, or of the element when it has no such part. */
export function dropPart(context: Reading, element: XmlElement, names: readonly string[], reason?: string): void {
  let found = element;
  for (const name of names) {
    const next = found.children.find((child) => child.name === name);
    if (!next) break;
    found = next;
  }
  context.drop(found, reason);
}
