import type { CreditCells } from '../releases/release-row';

/** A track with its credits and its file. */
export interface TrackRow {
  uuid: string;
  release_uuid: string;
  title: string;
  version_title: string | null;
  position: number;
  isrc: string;
  /** bigint as text. */
  duration_ms: string | null;
  explicit: boolean;
  language: string | null;
  localized_titles: Record<string, string>;
  audio_status: string;
  audio_error: string | null;
  audio_uuid: string | null;
  /** WAV or FLAC. */
  audio_format: string | null;
  audio_bit_depth: number | null;
  audio_sample_rate: number | null;
  audio_channels: number | null;
  /** What the owner said the file's MD5 would be. */
  expected_audio_md5: string | null;
  audio_storage_key: string | null;
  audio_content_type: string | null;
  audio_md5: string | null;
  /** bigint as text. */
  audio_size_bytes: string | null;
  artists: CreditCells[] | null;
  contributors: { name: string; role: string }[] | null;
  created_at: Date;
  updated_at: Date;
}
