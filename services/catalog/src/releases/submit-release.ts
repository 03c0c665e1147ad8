import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, SubmitReleaseResponseSchema, type SubmitReleaseRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { statusValue } from './release-messages';
import { lockRelease } from './release.store';
import { submit } from './submit';

/** Submits a release for review. */
@Rpc(CatalogService.method.submitRelease)
@Injectable()
export class SubmitRelease {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
  ) {}

  run(caller: Caller, { uuid }: SubmitReleaseRequest): Promise<MessageInitShape<typeof SubmitReleaseResponseSchema>> {
    return this.changes.run(caller, SubmitReleaseResponseSchema, async (tx) => {
      const release = await lockRelease(tx, uuid);
      const status = await submit(tx, this.outbox, caller, release);
      return { message: 'Release submitted for review.', status: statusValue(status) };
    });
  }
}
