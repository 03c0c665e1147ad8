import type { MessageInitShape } from '@bufbuild/protobuf';
import { AudioStatusSchema, words, type AudioStatus, type TrackSchema, type TrackSummarySchema } from '@tonegrid/contracts';
import { creditMessages } from '../artists/artist-messages';
import type { TrackCells } from '../releases/release-row';
import type { TrackRow } from './track-row';
import { timestampOf } from '../timestamp';

const audioStatuses = words<AudioStatus>(AudioStatusSchema);

/** Whole seconds of milliseconds, rounded as players show them; undefined when unknown. */
export const wholeSeconds = (milliseconds: string | number | null): number | undefined =>
  milliseconds === null ? undefined : Math.round(Number(milliseconds) / 1000);

/** A track as its release shows it. */
export const trackSummary = ([uuid, title, position, isrc, duration, explicit, audioStatus, createdAt]: TrackCells): MessageInitShape<
  typeof TrackSummarySchema
> => ({
  uuid,
  title,
  position,
  isrc,
  duration: wholeSeconds(duration),
  explicit,
  audioStatus: audioStatuses.value(audioStatus),
  createdAt: timestampOf(Date.parse(createdAt)),
});

/** A track whole. The MD5 is the file's; until there is one, what its owner announced. */
export const trackMessage = (row: TrackRow): MessageInitShape<typeof TrackSchema> => ({
  uuid: row.uuid,
  releaseUuid: row.release_uuid,
  title: row.title,
  versionTitle: row.version_title ?? undefined,
  position: row.position,
  isrc: row.isrc,
  duration: wholeSeconds(row.duration_ms),
  explicit: row.explicit,
  language: row.language ?? undefined,
  audioStatus: audioStatuses.value(row.audio_status),
  audioError: row.audio_error ?? undefined,
  audioFormat: row.audio_format ?? undefined,
  audioBitDepth: row.audio_bit_depth ?? undefined,
  audioSampleRate: row.audio_sample_rate ?? undefined,
  audioChannels: row.audio_channels ?? undefined,
  audioMd5: row.audio_md5 ?? row.expected_audio_md5 ?? undefined,
  audioSizeBytes: row.audio_size_bytes === null ? undefined : BigInt(row.audio_size_bytes),
  artists: creditMessages(row.artists),
  contributors: row.contributors ?? [],
  localizedTitles: row.localized_titles,
  createdAt: timestampOf(row.created_at),
  updatedAt: timestampOf(row.updated_at),
});
