/**
 * A release notification, typed and free of any ERN version: what a writer puts into a message and what a reader will give
 * back. References (`P_ARTIST_1`, `A0001`, …) are unique within one notification and every use of one resolves.
 */
export interface ReleaseNotification {
  header: MessageHeader;
  /** Language of the message's texts unless they say otherwise, as a DDEX LanguageAndScriptCode. */
  language: string;
  /** Version of the allowed-value sets, an integer. */
  avsVersionId: number;
  /** Release profile, ERN 4 part 2. */
  profile: 'Audio';
  parties: Party[];
  recordings: SoundRecording[];
  images: Image[];
  release: MainRelease;
  trackReleases: TrackRelease[];
  deals: ReleaseDeal[];
  /** Files that travel with the message. */
  files: NotifiedFile[];
}

/** What a PurgeReleaseMessage says. */
export interface PurgeNotification {
  header: MessageHeader;
  language: string;
  avsVersionId: number;
  releaseId: ReleaseIdentifiers;
  title: string;
}

export interface MessagingParty {
  dpid: string;
  name: string;
}

export interface MessageHeader {
  threadId: string;
  messageId: string;
  fileName: string;
  sender: MessagingParty;
  sentOnBehalfOf?: MessagingParty;
  recipient: MessagingParty;
  /** RFC 3339 in UTC. */
  createdAt: string;
  control: 'LiveMessage' | 'TestMessage';
}

export interface Party {
  reference: string;
  name: string;
  isni?: string;
  /** 11 digits. */
  ipi?: string;
  dpid?: string;
  proprietaryIds?: ProprietaryId[];
}

export interface ProprietaryId {
  namespace: string;
  value: string;
}

/** One title in one language. `display` is the single string shown to consumers, with the version in it. */
export interface Title {
  text: string;
  version?: string;
  display: string;
  language: string;
  isDefault: boolean;
}

export interface DisplayArtist {
  party: string;
  sequence: number;
  role: 'MainArtist' | 'FeaturedArtist';
}

/** A role or instrument: an allowed value, or one of our own in a namespace. */
export interface CodedValue {
  value: string;
  userDefined?: { namespace: string; value: string };
}

/** All that one party did on a recording (release profile 7.4.6: one Contributor composite for each party). */
export interface Contribution {
  party: string;
  sequence: number;
  roles: CodedValue[];
  instruments: CodedValue[];
  isFeatured?: boolean;
}

export interface RightsController {
  party: string;
  sequence: number;
  controls: 'RightsController' | 'RightsAdministrator' | 'RightsHolder';
  /** Percent, at most six decimals. */
  share?: string;
  territories: string[];
}

export interface CopyrightLine {
  year?: number;
  text: string;
}

export interface TechnicalDetails {
  reference: string;
  codec: CodedValue;
  bitRateKbps?: number;
  channels?: string;
  sampleRateHz?: number;
  bitsPerSample?: number;
  /** Whole seconds. */
  durationSeconds?: number;
  file?: DeliveredFile;
  isProvided: boolean;
  hasImmersiveMetadata?: boolean;
}

export interface DeliveredFile {
  /** Relative to the message: `resources/…`. */
  uri: string;
  md5?: string;
  /** Kilobytes of 1,024 bytes, rounded up. */
  sizeKilobytes?: number;
}

export interface RecordingEdition {
  type?: 'ImmersiveEdition' | 'NonImmersiveEdition';
  isrc?: string;
  proprietaryId?: ProprietaryId;
  pLine?: CopyrightLine;
  mode?: string;
  technical?: TechnicalDetails;
}

export type Advisory = 'Explicit' | 'NotExplicit' | 'ExplicitContentEdited' | 'NoAdviceAvailable';

export interface SoundRecording {
  reference: string;
  language?: string;
  editions: RecordingEdition[];
  iswc?: string;
  titles: Title[];
  artistName: string;
  artists: DisplayArtist[];
  contributions: Contribution[];
  resourceRights: RightsController[];
  workRights: RightsController[];
  durationSeconds: number;
  /** YYYY-MM-DD. */
  firstPublished?: string;
  advisory: Advisory;
  isHiRes: boolean;
}

export interface Image {
  reference: string;
  proprietaryId: ProprietaryId;
  technicalReference: string;
  codec: 'JPEG' | 'PNG';
  height?: number;
  width?: number;
  advisory: Advisory;
  file: DeliveredFile;
  isProvided: boolean;
}

export interface ReleaseIdentifiers {
  grid?: string;
  icpn?: string;
  proprietaryIds: ProprietaryId[];
}

export interface Genre {
  text: string;
  subGenre?: string;
}

export interface MainRelease {
  reference: string;
  type: 'Single' | 'EP' | 'Album';
  isMultiArtistCompilation?: boolean;
  ids: ReleaseIdentifiers;
  titles: Title[];
  artistName: string;
  artists: DisplayArtist[];
  label: string;
  pLine?: CopyrightLine;
  cLine?: CopyrightLine;
  durationSeconds: number;
  genre: Genre;
  releaseDate?: string;
  originalReleaseDate?: string;
  advisory: Advisory;
  /** Recordings in order. */
  content: { sequence: number; resource: string }[];
  coverImages: string[];
  isHiRes: boolean;
  hiResDescription?: string;
}

export interface TrackRelease {
  reference: string;
  ids: ReleaseIdentifiers;
  resource: string;
  label: string;
  genre: Genre;
}

export interface Deal {
  territories: { mode: 'only' | 'except'; codes: string[] };
  /** `2026-06-17T00:00:00` is midnight at each territory; with an offset or Z it is an instant. */
  start: string;
  end?: string;
  commercialModel: string;
  useTypes: string[];
  price?: { amount: string; currency: string };
  rightsClaimPolicy?: 'Monetize' | 'ReportUsage' | 'BlockAccess';
}

export interface ReleaseDeal {
  releases: string[];
  deals: Deal[];
}

/** A file and where it comes from, for whoever carries the delivery. */
export interface NotifiedFile {
  /** Reference of the resource in the message. */
  reference: string;
  kind: 'audio' | 'image';
  uri: string;
  /** What the input called it (a storage key). */
  source: string;
  md5?: string;
  sizeBytes?: number;
}
