import type { Tx } from '@tonegrid/data';
import { audited, type Audited, type Outbox } from '@tonegrid/events';
import type { Caller } from '@tonegrid/rpc';
import { assertSubmittable, type ReleaseStatus } from './release';
import { releaseApproved, releaseSubmitted } from './release-events';
import type { ReleaseRow } from './release-row';
import { submissionOf, updateRelease } from './release.store';

/**
 * Submits a locked release, and approves it at once where nobody reviews: both are told, in this order. Throws the refusal of
 * the first gate that it does not pass.
 */
export async function submit(tx: Tx, outbox: Outbox, caller: Caller, release: ReleaseRow): Promise<ReleaseStatus> {
  const decision = (action: string, before: ReleaseStatus, after: Record<string, Audited>) =>
    audited(caller, { action, target: `release:${release.uuid}`, before: { status: before }, after });
  const { audio, dsps } = await submissionOf(tx, release.uuid);
  assertSubmittable({
    status: release.status,
    trackCount: audio.length,
    dspCount: dsps.length,
    releaseDate: release.release_date,
    hasArtwork: release.artwork_key !== null,
    audio,
  });
  const status = caller.reviewPolicy === 'auto' ? 'approved' : 'pending';
  await updateRelease(tx, release.uuid, {
    status,
    review_stage: status === 'pending' ? 'pending_review' : null,
    rejection_reason: null,
    rejection_issues: [],
  });
  const told = [releaseSubmitted({ ...release, status: 'pending' }), decision('release.submitted', release.status, { status: 'pending' })];
  if (status === 'approved') {
    const { revision } = release;
    told.push(releaseApproved({ ...release, status }, dsps, Number(revision)));
    told.push(decision('release.approved', 'pending', { status, revision, dsps, review_policy: 'auto' }));
  }
  await outbox.addAll(tx, told);
  return status;
}
