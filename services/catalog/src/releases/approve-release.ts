import type { MessageShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { ApproveReleaseResponseSchema, CatalogService, type ApproveReleaseRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { assertReviewable } from './release';
import { releaseApproved } from './release-events';
import { statusValue } from './release-messages';
import { lockRelease, submissionOf, updateRelease } from './release.store';

/** Approves a pending release: it may be delivered. */
@Rpc(CatalogService.method.approveRelease)
@Injectable()
export class ApproveRelease {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
  ) {}

  run(caller: Caller, { uuid }: ApproveReleaseRequest): Promise<MessageShape<typeof ApproveReleaseResponseSchema>> {
    return this.changes.run(caller, ApproveReleaseResponseSchema, async (tx) => {
      const release = await lockRelease(tx, uuid);
      assertReviewable(release);
      const { dsps } = await submissionOf(tx, uuid);
      await updateRelease(tx, uuid, { status: 'approved', review_stage: null });
      await this.outbox.add(tx, releaseApproved({ ...release, status: 'approved' }, dsps, Number(release.revision)));
      return { message: 'Release approved.', status: statusValue('approved') };
    });
  }
}
