import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { ApproveReleaseResponseSchema, CatalogService, type ApproveReleaseRequest } from '@tonegrid/contracts';
import { audited, Outbox } from '@tonegrid/events';
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

  run(caller: Caller, { uuid }: ApproveReleaseRequest): Promise<MessageInitShape<typeof ApproveReleaseResponseSchema>> {
    return this.changes.run(caller, ApproveReleaseResponseSchema, async (tx) => {
      const release = await lockRelease(tx, uuid);
      assertReviewable(release);
      const { dsps } = await submissionOf(tx, uuid);
      await updateRelease(tx, uuid, { status: 'approved', review_stage: null });
      await this.outbox.addAll(tx, [
        releaseApproved({ ...release, status: 'approved' }, dsps, Number(release.revision)),
        audited(caller, {
          action: 'release.approved',
          target: `release:${uuid}`,
          before: { status: release.status },
          after: { status: 'approved', revision: release.revision, dsps },
        }),
      ]);
      return { message: 'Release approved.', status: statusValue('approved') };
    });
  }
}
