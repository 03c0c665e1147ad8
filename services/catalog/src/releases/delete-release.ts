import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, DeleteReleaseResponseSchema, type DeleteReleaseRequest } from '@tonegrid/contracts';
import { audited, Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { assertDeletable } from './release';
import { releaseDeleted } from './release-events';
import { deleteRelease, lockRelease } from './release.store';

/** Deletes a draft or rejected release for good. Identifiers that were assigned to it are not assigned again. */
@Rpc(CatalogService.method.deleteRelease)
@Injectable()
export class DeleteRelease {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
  ) {}

  run(caller: Caller, { uuid }: DeleteReleaseRequest): Promise<MessageInitShape<typeof DeleteReleaseResponseSchema>> {
    return this.changes.run(caller, DeleteReleaseResponseSchema, async (tx) => {
      const release = await lockRelease(tx, uuid);
      assertDeletable(release);
      await deleteRelease(tx, uuid);
      const { title, upc, status } = release;
      await this.outbox.addAll(tx, [
        releaseDeleted(release),
        audited(caller, { action: 'release.deleted', target: `release:${uuid}`, before: { title, upc, status } }),
      ]);
      return { message: 'Release deleted.' };
    });
  }
}
