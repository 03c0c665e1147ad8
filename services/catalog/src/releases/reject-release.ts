import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, RejectReleaseResponseSchema, type RejectReleaseRequest } from '@tonegrid/contracts';
import { audited, Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { textOrNull } from '../blank';
import { assertReviewable } from './release';
import { releaseRejected } from './release-events';
import { statusValue } from './release-messages';
import { lockRelease, updateRelease } from './release.store';

/** Rejects a pending release: it goes back to its owner with a reason and the findings. */
@Rpc(CatalogService.method.rejectRelease)
@Injectable()
export class RejectRelease {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
  ) {}

  run(caller: Caller, request: RejectReleaseRequest): Promise<MessageInitShape<typeof RejectReleaseResponseSchema>> {
    const reason = request.reason.trim();
    const issues = request.issues.map(({ field, message }) => ({ field: textOrNull(field), message: message.trim() }));
    return this.changes.run(caller, RejectReleaseResponseSchema, async (tx) => {
      const release = await lockRelease(tx, request.uuid);
      assertReviewable(release);
      await updateRelease(tx, release.uuid, { status: 'rejected', review_stage: null, rejection_reason: reason, rejection_issues: issues });
      await this.outbox.addAll(tx, [
        releaseRejected({ ...release, status: 'rejected' }, reason),
        audited(caller, {
          action: 'release.rejected',
          target: `release:${release.uuid}`,
          before: { status: release.status },
          after: { status: 'rejected', reason },
        }),
      ]);
      return { message: 'Release rejected.', status: statusValue('rejected') };
    });
  }
}
