import type { ErnVersion } from '../grammar/versions';

/**
 * What a message is made of: one release, as it stands for one DSP. A flat, plain shape, so that any store can be mapped to
 * it; everything that may be unknown is optional or null, and `buildNotification` says in `warnings` what it had to supply.
 */
export interface ReleaseForDsp {
  message: MessageInput;
  /** Who sends: the platform. */
  sender: { dpid: string; name: string };
  dsp: DspInput;
  release: ReleaseInput;
  /** In order of `position`. */
  tracks: TrackInput[];
  artwork?: ArtworkInput | null;
  /** Moving covers; those that the DSP takes become video resources. */
  animatedArtwork?: AnimatedArtworkInput[] | null;
  config: ConfigInput;
}

export interface MessageInput {
  /** `TG-…`: see `messageIdFrom`. */
  id: string;
  /** RFC 3339; also the time in the file name. */
  createdAt: string;
  /** The release's thread at this DSP; `threadIdFor(release, dsp)` when left out. */
  threadId?: string;
  /** The binaries travel along. False for an update of metadata alone. Default true. */
  includesFiles?: boolean;
  /** Take the release down with this message: deals that end, or none at all. Purges are messages of their own. */
  takedown?: { strategy: 'end_deals' | 'no_deals'; at: string };
}

export interface DspInput {
  /** Canonical slug, `spotify`. */
  slug: string;
  name: string;
  dpid: string;
  /** The version of ERN that it is sent. Default 4.3. */
  ernVersion?: ErnVersion;
  /** Default the sets that the version's schema was published with: 3 for ERN 4.3, 9 for 4.3.2. Versions before 4.3 do not say it. */
  avsVersionId?: number;
  /** Takes Dolby Atmos. Default false. */
  supportsAtmos?: boolean;
  /** Kinds of animated artwork that it takes. Default none. */
  animatedArtwork?: readonly AnimatedArtworkKind[];
  /** Where this DSP operates, ISO 3166-1 alpha-2; everywhere when left out. */
  territories?: readonly string[] | 'worldwide';
}

export interface CreditInput {
  /** Our own stable id of the artist, if there is one. */
  id?: string | null;
  name: string;
  /** Default main. */
  role?: 'main' | 'featured' | 'remixer' | null;
  isni?: string | null;
}

export interface ReleaseInput {
  /** Stable id (uuid). */
  id: string;
  title: string;
  /** `Deluxe Edition`. */
  versionTitle?: string | null;
  type: 'single' | 'ep' | 'album' | 'compilation';
  upc?: string | null;
  grid?: string | null;
  /** YYYY-MM-DD. */
  releaseDate?: string | null;
  originalReleaseDate?: string | null;
  genre?: string | null;
  subgenre?: string | null;
  /** BCP-47 of the title. Default en. */
  language?: string | null;
  label?: string | null;
  copyrightYear?: number | null;
  copyrightHolder?: string | null;
  /** Whole lines, when the rights envelope has them; else made of year and holder. */
  pLine?: string | null;
  cLine?: string | null;
  explicit?: boolean | null;
  artists: CreditInput[];
  /** Titles by BCP-47 tag. */
  localizedTitles?: Record<string, string> | null;
  /** How much of it an AI made. */
  containsAi?: AiShare | null;
}

/** ERN 4.3.2's words for the share of an AI in a work. */
export type AiShare = 'All' | 'Partly' | 'None';

export interface ContributorInput {
  id?: string | null;
  name: string;
  /** One of the 27 collaborator roles (`producer`), a writer's role (`composer_lyricist`) or a DDEX ContributorRole (`Composer`). */
  role: string;
  /** The instrument, when the role is instrumentalist; the wording of the role, when it is other. */
  roleDetail?: string | null;
  ipi?: string | null;
  isni?: string | null;
  /** Order in the liner notes. */
  order?: number | null;
  /** How much of this contribution an AI made. */
  ai?: AiShare | null;
}

export interface PublisherInput {
  id?: string | null;
  name: string;
  ipi?: string | null;
  sharePercent?: number | string | null;
  isAdministrator?: boolean | null;
  territoryCodes?: string[] | null;
}

export interface AudioInput {
  /** Where the file is kept; given back in `files[].source`. */
  source: string;
  format: 'wav' | 'flac';
  bitDepth?: number | null;
  /** Hz. */
  sampleRate?: number | null;
  channels?: number | null;
  md5?: string | null;
  sizeBytes?: number | null;
}

export interface TrackInput {
  id: string;
  /** From 1. */
  position: number;
  title: string;
  versionTitle?: string | null;
  isrc?: string | null;
  durationMs?: number | null;
  explicit?: boolean | null;
  /** An edited version of an explicit recording. */
  isClean?: boolean | null;
  /** BCP-47 of the title. */
  language?: string | null;
  /** The release's artists when empty. */
  artists: CreditInput[];
  contributors?: ContributorInput[] | null;
  publishers?: PublisherInput[] | null;
  iswc?: string | null;
  pLine?: string | null;
  /** YYYY-MM-DD; the original release date, else the release date, when left out. */
  firstPublished?: string | null;
  localizedTitles?: Record<string, string> | null;
  localizedVersions?: Record<string, string> | null;
  /** BCP-47 tags of the languages that its lyrics are there in, the language of the recording first. */
  lyricsLanguages?: string[] | null;
  isInstrumental?: boolean | null;
  /** How much of it an AI made. */
  containsAi?: AiShare | null;
  /** Null while nothing is uploaded. */
  audio?: AudioInput | null;
  /** A Dolby Atmos master (ADM BWF) and its own ISRC. */
  immersive?: { isrc: string; audio: AudioInput } | null;
}

export interface ArtworkInput {
  source: string;
  format: 'jpeg' | 'png';
  width?: number | null;
  height?: number | null;
  md5?: string | null;
  sizeBytes?: number | null;
}

/** Apple's moving covers, square and tall, and Spotify's Canvas. */
export const animatedArtworkKinds = ['square_motion', 'tall_motion', 'canvas_loop'] as const;
export type AnimatedArtworkKind = (typeof animatedArtworkKinds)[number];

export interface AnimatedArtworkInput {
  kind: AnimatedArtworkKind;
  source: string;
  format: 'mp4' | 'mov' | 'webm' | 'gif';
  /** Default H.264 in MP4 and MOV, VP9 in WebM. */
  codec?: 'h264' | 'hevc' | 'prores' | 'vp9' | 'gif' | null;
  width?: number | null;
  height?: number | null;
  durationMs?: number | null;
  md5?: string | null;
  sizeBytes?: number | null;
}

export const monetizationPolicies = [
  'ad_supported_streaming',
  'subscription_streaming',
  'permanent_download',
  'conditional_download',
  'ringtone',
  'ringback_tone',
  'ugc_monetization',
  'restricted',
] as const;
export type MonetizationPolicy = (typeof monetizationPolicies)[number];

/** The supply-chain configuration as resolved for the DSP. */
export interface ConfigInput {
  monetizationPolicies: readonly MonetizationPolicy[];
  /** Wholesale prices in minor units; null where nothing is priced. */
  pricing?: { trackMinor?: number | null; albumMinor?: number | null; currency: string } | null;
  territories: { mode: 'worldwide' | 'include' | 'exclude'; codes?: readonly string[] };
  /** YYYY-MM-DD, this DSP's own date; the release's when left out. */
  releaseDate?: string | null;
  /** YYYY-MM-DD: pre-orders open on this day. */
  preorderDate?: string | null;
  /** RFC 3339: the release is timed to this instant everywhere, in place of local midnight. */
  releaseInstant?: string | null;
  /** Usage flags of the rights envelope; false takes the uses away. */
  rights?: { streaming?: boolean; download?: boolean; ugc?: boolean } | null;
  isTestDelivery?: boolean;
  sentOnBehalfOf?: { dpid: string; name: string } | null;
}
