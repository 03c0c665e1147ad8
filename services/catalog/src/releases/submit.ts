import type { Tx } from '@tonegrid/data';
import type { Outbox } from '@tonegrid/events';
import { assertSubmittable, type ReleaseStatus } from './release';
import { releaseApproved, releaseSubmitted } from './release-events';
import type { ReleaseRow } from './release-row';
import { submissionOf, updateRelease } from './release.store';

/**
 * Submits a locked release, and approves it at once where nobody reviews: both are told, in this order. Throws the refusal of
 * the first gate that it does not pass.
 */
export async function submit(tx: Tx, outbox: Outbox, release: ReleaseRow, reviewPolicy: 'auto' | 'manual'): Promise<ReleaseStatus> {
  const { audio, dsps } = await submissionOf(tx, release.uuid);
  assertSubmittable({
    status: release.status,
    trackCount: audio.length,
    dspCount: dsps.length,
    releaseDate: release.release_date,
    hasArtwork: release.artwork_key !== null,
    audio,
  });
  const status = reviewPolicy === 'auto' ? 'approved' : 'pending';
  await updateRelease(tx, release.uuid, {
    status,
    review_stage: status === 'pending' ? 'pending_review' : null,
    rejection_reason: null,
    rejection_issues: [],
  });
  const submitted = releaseSubmitted({ ...release, status: 'pending' });
  const approved = status === 'approved' ? [releaseApproved({ ...release, status }, dsps, Number(release.revision))] : [];
  await outbox.addAll(tx, [submitted, ...approved]);
  return status;
}
