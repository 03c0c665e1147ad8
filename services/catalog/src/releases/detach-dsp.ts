import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, DetachDspResponseSchema, type DetachDspRequest } from '@tonegrid/contracts';
import { canonicalSlug } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { audited } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { isUndelivered } from './release';
import { ReleaseChanges } from './release-changes';
import { attachedDsp, detach } from './release-dsp.store';
import { lockRelease } from './release.store';

/** Detaches a DSP that has nothing of the release. */
@Rpc(CatalogService.method.detachDsp)
@Injectable()
export class DetachDsp {
  constructor(
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
  ) {}

  run(caller: Caller, request: DetachDspRequest): Promise<MessageInitShape<typeof DetachDspResponseSchema>> {
    return this.changes.run(caller, DetachDspResponseSchema, async (tx) => {
      const release = await lockRelease(tx, request.uuid);
      // Not looked up in the registry: a DSP that the deployment has given up can still be detached.
      const attached = await attachedDsp(tx, release.uuid, canonicalSlug(request.slug));
      if (!isUndelivered(attached.status)) throw new Refused('dsp.already_delivered', { params: { slug: attached.dsp } });
      await detach(tx, release.uuid, attached.dsp);
      await this.releases.recordIntent(tx, release, ['dsps'], {
        audit: audited(caller, {
          action: 'release.dsp_detached',
          target: `release:${release.uuid}`,
          before: { dsp: attached.dsp, status: attached.status },
        }),
      });
      return {};
    });
  }
}
