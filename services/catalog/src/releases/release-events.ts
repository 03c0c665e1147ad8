import type { DomainEvent } from '@tonegrid/events';
import type { ReleaseStatus } from './release';

/** What every event about a release says of it. */
export interface Told {
  uuid: string;
  tenant_uuid: string;
  title: string;
  upc: string;
  status: ReleaseStatus;
}

// The data of each event is the message of the same name in tonegrid.events.v1, as JSON with snake_case names; a unit test
// compares the names. The release is the subject, so a subscriber gets the events of one release in their order.
const about = (release: Told, type: string, data: object = {}): DomainEvent => ({
  type,
  subject: release.uuid,
  tenantUuid: release.tenant_uuid,
  data: { release_uuid: release.uuid, title: release.title, upc: release.upc, status: release.status, ...data },
});

export const releaseCreated = (
  release: Told & { type: string },
  made: { ingestionJobUuid: string | null; trackCount: number; source: string },
): DomainEvent =>
  about(release, 'release.created', {
    ingestion_job_uuid: made.ingestionJobUuid,
    type: release.type,
    track_count: made.trackCount,
    source: made.source,
  });

/**
 * `changed`: names of fields, `tracks`, `artwork`, `dsps`, `supply_chain`. @param trackCount how many tracks it has now, when one was added or
 * removed
 */
export const releaseUpdated = (release: Told, changed: readonly string[], trackCount: number | null = null): DomainEvent =>
  about(release, 'release.updated', { changed, track_count: trackCount });

export const releaseSubmitted = (release: Told): DomainEvent => about(release, 'release.submitted');

export const releaseApproved = (release: Told, dsps: readonly string[], revision: number): DomainEvent =>
  about(release, 'release.approved', { dsps, revision });

export const releaseRejected = (release: Told, reason: string): DomainEvent => about(release, 'release.rejected', { reason });

export const releaseDeleted = (release: Told): DomainEvent => about(release, 'release.deleted');

interface TrackOf {
  uuid: string;
  release_uuid: string;
  tenant_uuid: string;
}

/** Subject is the release: what happens to its tracks is told in order with the rest. */
export const audioProcessed = (
  track: TrackOf,
  audio: { format: string; sampleRate: number; bitDepth: number; channels: number; durationMs: number; md5: string },
): DomainEvent => ({
  type: 'track.audio.processed',
  subject: track.release_uuid,
  tenantUuid: track.tenant_uuid,
  data: {
    track_uuid: track.uuid,
    release_uuid: track.release_uuid,
    audio_format: audio.format,
    audio_sample_rate: audio.sampleRate,
    audio_bit_depth: audio.bitDepth,
    audio_channels: audio.channels,
    duration_ms: audio.durationMs,
    audio_md5: audio.md5,
  },
});

export const audioFailed = (track: TrackOf, reason: string): DomainEvent => ({
  type: 'track.audio.failed',
  subject: track.release_uuid,
  tenantUuid: track.tenant_uuid,
  data: { track_uuid: track.uuid, release_uuid: track.release_uuid, reason },
});
