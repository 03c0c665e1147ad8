/**
 * A release notification, typed and free of any ERN version: what every writer puts into a message and what the reader gives
 * back. References (`P_ARTIST_1`, `A0001`, …) are unique within one notification and every use of one resolves. What is absent
 * is not said; what holds everywhere bears no territory.
 */
export interface ReleaseNotification {
  header: MessageHeader;
  /** Language of the message's texts unless they say otherwise, as a DDEX LanguageAndScriptCode. ERN 3 may leave it open. */
  language?: string;
  /** Version of the allowed-value sets; ERN 4.2 and older have no place for it. */
  avsVersionId?: string;
  /** Release profile: `Audio`, `SimpleAudioSingle`, …; of ERN 3 its id as it stands when it is none of ours. */
  profile?: string;
  /** `Classical`. */
  profileVariant?: string;
  parties: Party[];
  recordings: SoundRecording[];
  /** Animated artwork. */
  videos: Video[];
  images: Image[];
  /** Lyrics. */
  texts: Text[];
  release: MainRelease;
  trackReleases: TrackRelease[];
  deals: ReleaseDeal[];
  visibilities: Visibility[];
}

/** What a PurgeReleaseMessage says. */
export interface PurgeNotification {
  header: MessageHeader;
  language?: string;
  avsVersionId?: string;
  releaseId?: ReleaseIdentifiers;
  titles: PurgedTitle[];
}

export interface PurgedTitle {
  text: string;
  subTitle?: string;
  language?: string;
  type?: string;
}

export interface MessagingParty {
  dpid: string;
  name?: string;
  tradingName?: string;
}

export interface MessageHeader {
  threadId?: string;
  messageId: string;
  fileName?: string;
  sender: MessagingParty;
  sentOnBehalfOf?: MessagingParty;
  /** One at least. */
  recipients: MessagingParty[];
  /** RFC 3339. */
  createdAt: string;
  control?: 'LiveMessage' | 'TestMessage';
}

export interface Party {
  reference: string;
  names: PartyName[];
  isni?: string;
  /** 11 digits. */
  ipi?: string;
  ipn?: string;
  cisacSocietyId?: string;
  dpid?: string;
  proprietaryIds?: ProprietaryId[];
  profilePages?: string[];
}

/** Where a text, name or value holds. */
export interface Scope {
  language?: string;
  /** ISO 3166-1; everywhere when absent. */
  territory?: string;
  isDefault?: boolean;
  isInOriginalLanguage?: boolean;
}

export interface PartyName extends Scope {
  full: string;
  ascii?: string;
  /** As it is sorted: `Shu, Saeko`. */
  indexed?: string;
  beforeKey?: string;
  key?: string;
  afterKey?: string;
  abbreviated?: string;
}

export interface ProprietaryId {
  namespace: string;
  value: string;
}

/** A text in one language. */
export interface LocalText extends Scope {
  text: string;
}

export interface SubTitle {
  text: string;
  /** `Version`, … */
  type?: string;
  sequence?: number;
  isDisplayedInTitle?: boolean;
}

/** A title in its parts. The single string that is shown stands in `titleTexts`. */
export interface Title extends Scope {
  text: string;
  subTitles?: SubTitle[];
}

/** A title beside the displayed one: `FormalTitle`, `GroupingTitle`, `OriginalTitle`, … */
export interface AdditionalTitle extends Title {
  type?: CodedValue;
}

export interface DisplayArtist {
  party: string;
  sequence?: number;
  /** `MainArtist`, `FeaturedArtist`, … */
  role: CodedValue;
  artisticRoles?: CodedValue[];
}

/** A word of one of DDEX's allowed-value sets, or one of somebody's own in a namespace. */
export interface CodedValue {
  value: string;
  userDefined?: { namespace?: string; value?: string };
}

/** All that one party did on a recording (release profile 7.4.6: one Contributor composite for each party). */
export interface Contribution {
  party: string;
  sequence?: number;
  roles: CodedValue[];
  instruments: CodedValue[];
  isFeatured?: boolean;
  isContracted?: boolean;
  /** What part of it was made by an AI: `All`, `Partly`, `None`. */
  ai?: string;
}

export interface RightsController {
  party: string;
  sequence?: number;
  controls: string[];
  /** `OriginalOwner`, … */
  type?: string;
  /** Percent, at most six decimals, or that it is not known; all of it when absent. */
  share?: string;
  territories: string[];
  startDate?: string;
  endDate?: string;
}

export interface CopyrightLine extends Scope {
  year?: number;
  company?: string;
  text: string;
}

export interface AudioFile {
  /** `AudioFile`. */
  type: string;
  container?: CodedValue;
  codec?: CodedValue;
  bitRateKbps?: number;
  originalBitRateKbps?: number;
  channels?: string;
  audioObjects?: number;
  sampleRateHz?: number;
  originalSampleRateHz?: number;
  bitsPerSample?: number;
  durationSeconds?: number;
  file?: DeliveredFile;
  isProvided?: boolean;
}

/** An excerpt of a recording, as it may be previewed. */
export interface Clip {
  reference: string;
  /** `Preview`, … */
  type: CodedValue;
  timings: Timing[];
  /** `Informative` or `Instructive`. */
  expression: string;
}

/** Seconds from the start. */
export interface Timing {
  start?: number;
  end?: number;
  durationsSeconds?: number[];
}

export interface TechnicalDetails extends Scope {
  reference: string;
  files: AudioFile[];
  hasImmersiveMetadata?: boolean;
  isClip?: boolean;
  clips?: Clip[];
}

export interface DeliveredFile {
  /** Relative to the message: `resources/…`. */
  uri: string;
  hash?: { algorithm: CodedValue; value: string };
  /** Kilobytes of 1,024 bytes, rounded up. */
  sizeKilobytes?: number;
}

export interface ResourceIdentifiers {
  isrc?: string;
  catalogNumber?: ProprietaryId;
  proprietaryIds?: ProprietaryId[];
  isReplaced?: boolean;
}

export interface RecordingEdition {
  type?: 'ImmersiveEdition' | 'NonImmersiveEdition';
  ids: ResourceIdentifiers[];
  pLines?: CopyrightLine[];
  /** `Stereo`, `ImmersiveAudio`, … */
  mode?: string;
  technical: TechnicalDetails[];
}

/** `Explicit`, `NotExplicit`, `ExplicitContentEdited`, `NoAdviceAvailable`, `Unknown`. */
export interface Advisory {
  value: string;
  userDefined?: { namespace?: string; value?: string };
  territory?: string;
  isDefault?: boolean;
}

export interface WorkId {
  iswc?: string;
  opus?: string;
  composerCatalogNumbers?: string[];
  proprietaryIds?: ProprietaryId[];
}

export interface EventDate {
  /** YYYY, YYYY-MM or YYYY-MM-DD. */
  date: string;
  isApproximate?: boolean;
  territory?: string;
  isDefault?: boolean;
}

export interface PerformanceLanguage {
  language: string;
  isMain?: boolean;
}

/** What recordings, videos, images and texts have in common. */
export interface Described {
  /** ERN 3's ReferenceTitle, when it is another than the title in its parts. */
  referenceTitle?: { text: string; subTitle?: string };
  titleTexts: LocalText[];
  titles: Title[];
  additionalTitles?: AdditionalTitle[];
  versionTypes?: CodedValue[];
  artistNames: LocalText[];
  artists: DisplayArtist[];
}

export interface SoundRecording extends Described {
  reference: string;
  language?: string;
  isSupplemental?: boolean;
  /** `MusicalWorkSoundRecording`, … */
  type?: CodedValue;
  /** The plain one first. */
  editions: RecordingEdition[];
  workIds?: WorkId[];
  contributions: Contribution[];
  resourceRights: RightsController[];
  workRights: RightsController[];
  courtesyLines?: LocalText[];
  durationSeconds: number;
  created?: EventDate;
  mastered?: EventDate;
  remastered?: EventDate;
  firstPublished?: EventDate[];
  advisories: Advisory[];
  relatedReleases?: RelatedRelease[];
  /** `All`, `Partly` or `None`. */
  containsAi?: string;
  isCover?: boolean;
  hasVocals?: boolean;
  isInstrumental?: boolean;
  isHidden?: boolean;
  isRemastered?: boolean;
  isHiRes?: boolean;
  isBonus?: boolean;
  performanceLanguages?: PerformanceLanguage[];
  /** ERN 3 alone says these of a recording; ERN 4 of its TrackRelease. */
  labelNames?: LocalText[];
  genres?: Genre[];
}

export interface Image {
  reference: string;
  language?: string;
  /** `FrontCoverImage`, … */
  type?: CodedValue;
  ids: ResourceIdentifiers[];
  titleTexts?: LocalText[];
  titles?: Title[];
  cLines?: CopyrightLine[];
  advisories: Advisory[];
  technical: ImageDetails[];
}

export interface ImageDetails extends Scope {
  reference: string;
  codec?: CodedValue;
  heightPixels?: number;
  widthPixels?: number;
  file?: DeliveredFile;
  isProvided?: boolean;
}

/** A moving cover. */
export interface Video extends Described {
  reference: string;
  language?: string;
  /** `FrontCoverVideo`. */
  type?: CodedValue;
  ids: ResourceIdentifiers[];
  durationSeconds: number;
  advisories: Advisory[];
  technical: VideoDetails[];
}

export interface VideoDetails extends Scope {
  reference: string;
  container?: CodedValue;
  codec?: CodedValue;
  heightPixels?: number;
  widthPixels?: number;
  aspectRatio?: number;
  durationSeconds?: number;
  file?: DeliveredFile;
  isProvided?: boolean;
}

/** The words of a recording. */
export interface Text {
  reference: string;
  language?: string;
  /** `LyricText`, … */
  type?: CodedValue;
  proprietaryIds?: ProprietaryId[];
  technical?: TextDetails[];
  /** Languages that it is written in. */
  languages?: string[];
}

export interface TextDetails {
  reference: string;
  codec?: CodedValue;
  file?: DeliveredFile;
  isProvided?: boolean;
}

export interface ReleaseIdentifiers {
  grid?: string;
  icpn?: string;
  catalogNumber?: ProprietaryId;
  proprietaryIds?: ProprietaryId[];
}

export interface Genre extends Scope {
  text: string;
  subGenre?: string;
}

/** The label of a release. */
export interface LabelCredit extends Scope {
  party: string;
  /** `DisplayLabel`, … */
  type?: CodedValue;
}

export interface RelatedRelease {
  relationship: CodedValue;
  ids: ReleaseIdentifiers;
}

/** An ordered part of a release: its whole, and within it discs or sides. */
export interface ResourceGroup {
  /** `Component`, `Side`, …; the outermost has none. */
  type?: string;
  titleTexts?: LocalText[];
  titles?: Title[];
  additionalTitles?: AdditionalTitle[];
  sequence?: number;
  displaySequence?: string;
  durationSeconds?: number;
  groups?: ResourceGroup[];
  content: ContentItem[];
  /** Cover images and the like. */
  linked?: ResourceLink[];
}

export interface ContentItem {
  sequence?: number;
  displaySequence?: string;
  resource: string;
  linked?: ResourceLink[];
  isBonus?: boolean;
  isInstantGratification?: boolean;
  isPreOrderIncentive?: boolean;
}

export interface ResourceLink {
  resource: string;
  /** `Lyrics`, … */
  description?: CodedValue;
  language?: string;
}

export interface MainRelease extends Described {
  reference: string;
  language?: string;
  /** `Album`, `EP`, `Single`, … */
  types: CodedValue[];
  ids: ReleaseIdentifiers;
  labels: LabelCredit[];
  pLines?: CopyrightLine[];
  cLines?: CopyrightLine[];
  courtesyLines?: LocalText[];
  durationSeconds?: number;
  genres: Genre[];
  releaseDates?: EventDate[];
  originalReleaseDates?: EventDate[];
  visibilities?: string[];
  advisories: Advisory[];
  relatedReleases?: RelatedRelease[];
  isSingleArtistCompilation?: boolean;
  isMultiArtistCompilation?: boolean;
  group: ResourceGroup;
  keywords?: LocalText[];
  synopses?: LocalText[];
  marketingComments?: LocalText[];
  hiResDescription?: string;
  /** `All`, `Partly` or `None`. */
  containsAi?: string;
  isSoundtrack?: boolean;
  isHiRes?: boolean;
}

export interface TrackRelease {
  reference: string;
  /** This track is sold by itself; there is no release around it. */
  isMain?: boolean;
  ids: ReleaseIdentifiers;
  titleTexts?: LocalText[];
  titles?: Title[];
  additionalTitles?: AdditionalTitle[];
  resource: string;
  linked?: ResourceLink[];
  labels: LabelCredit[];
  genres: Genre[];
  visibilities?: string[];
  relatedReleases?: RelatedRelease[];
}

export interface Territories {
  mode: 'only' | 'except';
  /** ISO 3166-1, or `Worldwide` alone. */
  codes: string[];
}

export interface Price {
  /** A code that sender and recipient agreed on. */
  code?: ProprietaryId;
  /** `StandardRetailPrice`, …, as ERN states it beside a price code. */
  type?: CodedValue;
  wholesale?: { amount: string; currency: string };
  suggestedRetail?: { amount: string; currency: string };
}

export interface Deal {
  references?: string[];
  territories?: Territories;
  /** A date, or a time: `2026-06-17T00:00:00` is midnight at each territory; with an offset or Z it is an instant. */
  start?: string;
  end?: string;
  commercialModels: CodedValue[];
  useTypes: CodedValue[];
  /** DPIDs of the services it is for. */
  channels?: { dpid: string; name?: string }[];
  prices?: Price[];
  rightsClaimPolicy?: string;
  isPreOrder?: boolean;
  isPromotional?: boolean;
  /** ERN 3: the release is to be taken down. */
  isTakeDown?: boolean;
}

export interface ReleaseDeal {
  releases: string[];
  deals: Deal[];
}

/** From when a release that is not out yet may be shown, and what of it. RFC 3339. */
export interface Visibility {
  reference: string;
  territories?: Territories;
  releaseDisplayStart?: string;
  coverArtPreviewStart?: string;
  trackListingPreviewStart?: string;
  clipPreviewStart?: string;
}

/** A file that travels with a message, and where it comes from, for whoever carries the delivery. */
export interface NotifiedFile {
  /** Reference of the resource in the message. */
  reference: string;
  kind: 'audio' | 'image' | 'video' | 'text';
  uri: string;
  /** What the input called it (a storage key). */
  source: string;
  md5?: string;
  sizeBytes?: number;
}
