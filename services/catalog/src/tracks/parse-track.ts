import { textOrNull } from '../blank';
import type { FieldReport } from '../field-report';
import { isrcOf } from '../identifiers/parse-identifiers';
import { parseLocalizedTitles } from '../localized-titles';

/** What both ways of making a track bring: CreateTrackRequest, and TrackDraft of an inbound channel. */
export interface TrackInput {
  title: string;
  versionTitle?: string;
  isrc?: string;
  explicit?: boolean;
  language?: string;
  localizedTitles: Record<string, string>;
  durationSeconds?: number;
  audioMd5?: string;
  audioBitDepth?: number;
  audioSampleRate?: number;
  audioChannels?: number;
}

/** The metadata of a track, checked, in the columns of its table. A null ISRC is to be assigned. */
export interface TrackFields {
  title: string;
  version_title: string | null;
  position: number;
  isrc: string | null;
  duration_ms: number | null;
  explicit: boolean;
  language: string | null;
  localized_titles: Record<string, string>;
  audio_bit_depth: number | null;
  audio_sample_rate: number | null;
  audio_channels: number | null;
  expected_audio_md5: string | null;
}

/** The language of a track that does not say (reference, Tracks, Create). */
export const usualLanguage = 'en';

/** Checks what the field rules of the contract cannot. `path` is empty or ends in a dot: `tracks.1.`. */
export function parseTrack(
  input: TrackInput,
  place: { position: number; path: string; language: string },
  report: FieldReport,
): TrackFields {
  const { path } = place;
  return {
    title: input.title.trim(),
    version_title: textOrNull(input.versionTitle),
    position: place.position,
    isrc: isrcOf(input.isrc, `${path}isrc`, report),
    duration_ms: input.durationSeconds === undefined ? null : input.durationSeconds * 1000,
    explicit: input.explicit ?? false,
    language: textOrNull(input.language) ?? place.language,
    localized_titles: parseLocalizedTitles(input.localizedTitles, `${path}localized_titles`, report),
    audio_bit_depth: input.audioBitDepth ?? null,
    audio_sample_rate: input.audioSampleRate ?? null,
    audio_channels: input.audioChannels ?? null,
    expected_audio_md5: textOrNull(input.audioMd5)?.toLowerCase() ?? null,
  };
}

/** Contributors without blanks around their names. */
export const parseContributors = (contributors: readonly { name: string; role: string }[]): { name: string; role: string }[] =>
  contributors.map(({ name, role }) => ({ name: name.trim(), role: role.trim() }));
