import { Refused } from '@tonegrid/errors';

/** Where a release stands (REST surface, section 2). */
export type ReleaseStatus = 'draft' | 'pending' | 'approved' | 'rejected' | 'live' | 'taken_down';

/** What of a release may be changed: everything, only what can be corrected at the DSPs, or nothing. */
export type Editing = 'free' | 'corrections' | 'closed';

/** draft, pending, rejected: everything. approved, live: corrections. taken_down: nothing. */
export function editing(status: ReleaseStatus): Editing {
  if (status === 'taken_down') return 'closed';
  return status === 'approved' || status === 'live' ? 'corrections' : 'free';
}

/** Throws `release.not_editable` for a release of which nothing may be changed any more. */
export function assertEditable({ status }: { status: ReleaseStatus }): void {
  if (editing(status) === 'closed') throw new Refused('release.not_editable', { params: { status } });
}

/** Tracks come and go only while the release is with its owner. Throws `release.tracks_locked`. */
export function assertTracksOpen({ status }: { status: ReleaseStatus }): void {
  if (!isWithOwner(status)) throw new Refused('release.tracks_locked');
}

/** Throws `release.field_locked` for the first changed field that identifies the product at the DSPs. */
export function assertUnlocked({ status }: { status: ReleaseStatus }, changed: readonly string[], locked: readonly string[]): void {
  if (editing(status) === 'free') return;
  const field = changed.find((name) => locked.includes(name));
  if (field !== undefined) throw new Refused('release.field_locked', { field, params: { field, status } });
}

/** Throws `release.not_deletable`. */
export function assertDeletable({ status }: { status: ReleaseStatus }): void {
  if (!isWithOwner(status)) throw new Refused('release.not_deletable');
}

/** Throws `release.not_reviewable`. */
export function assertReviewable({ status }: { status: ReleaseStatus }): void {
  if (status !== 'pending') throw new Refused('release.not_reviewable');
}

/** Throws `release.not_editable` unless the release is with its owner: what the gates ask for cannot be taken away behind them. */
export function assertWithOwner({ status }: { status: ReleaseStatus }): void {
  if (!isWithOwner(status)) throw new Refused('release.not_editable', { params: { status } });
}

const isWithOwner = (status: ReleaseStatus): boolean => status === 'draft' || status === 'rejected';

/** What the gates of submission look at. */
export interface Submission {
  status: ReleaseStatus;
  trackCount: number;
  dspCount: number;
  releaseDate: string | null;
  hasArtwork: boolean;
  /** audio_status of every track. */
  audio: readonly string[];
}

/**
 * The gates, in the documented order: state (409), a track, a store, a release date, cover art, audio on every track (422).
 * Audio that is still being checked counts as uploaded; audio that was refused does not.
 */
export function assertSubmittable(submission: Submission): void {
  if (!isWithOwner(submission.status)) throw new Refused('release.not_submittable');
  if (submission.trackCount === 0) throw new Refused('release.no_tracks', { field: 'tracks' });
  if (submission.dspCount === 0) throw new Refused('release.no_stores', { field: 'dsps' });
  if (submission.releaseDate === null) throw new Refused('release.no_release_date', { field: 'release_date' });
  if (!submission.hasArtwork) throw new Refused('release.no_artwork', { field: 'artwork' });
  if (!hasAllAudio(submission.audio)) throw new Refused('release.audio_missing', { field: 'audio' });
}

/** Whether every track has audio that was not refused. */
export const hasAllAudio = (statuses: readonly string[]): boolean =>
  statuses.every((status) => status === 'processing' || status === 'processed');

/** A DSP of the release as the catalogue last heard of it. */
export interface DspState {
  dsp: string;
  /** pending, submitted, accepted, live, rejected, failed, update_submitted, takedown_submitted or taken_down. */
  status: string;
  /** Newest revision of the release that the DSP reported to be on its storefront. */
  deliveredRevision: number | null;
}

/** Nothing of the release is at the DSP: it may be detached. */
export const isUndelivered = (status: string): boolean => ['pending', 'rejected', 'failed', 'taken_down'].includes(status);

/**
 * The status of a release after a DSP reported. The first DSP that has it on its storefront makes it live; it is taken down
 * when every attached DSP has taken it down, those aside that refused it and never had it. A DSP that it has yet to go to
 * keeps it from being taken down.
 */
export function statusAfter(status: ReleaseStatus, dsps: readonly DspState[]): ReleaseStatus {
  if (status === 'approved' && dsps.some((dsp) => dsp.status === 'live')) return 'live';
  if (status !== 'approved' && status !== 'live') return status;
  const had = dsps.filter((dsp) => dsp.status !== 'rejected' && dsp.status !== 'failed');
  return had.length > 0 && had.every((dsp) => dsp.status === 'taken_down') ? 'taken_down' : status;
}

/** Whether a DSP that shows the release shows another revision than the present one; undefined when none shows it. */
export function isBehind(revision: number, dsps: readonly DspState[]): boolean | undefined {
  const showing = dsps.filter((dsp) => dsp.status !== 'taken_down' && dsp.deliveredRevision !== null);
  return showing.length === 0 ? undefined : showing.some((dsp) => (dsp.deliveredRevision ?? 0) < revision);
}
