import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, ClearDspOverrideResponseSchema, type ClearDspOverrideRequest } from '@tonegrid/contracts';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { audited } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { ReleaseChanges } from '../releases/release-changes';
import { attachedDsp } from '../releases/release-dsp.store';
import { clearOverride } from './supply-chain.store';

/** Clears the override of one DSP: it inherits again. Clearing what was never set changes nothing. */
@Rpc(CatalogService.method.clearDspOverride)
@Injectable()
export class ClearDspOverride {
  constructor(
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
    private readonly registry: DspRegistry,
  ) {}

  run(caller: Caller, request: ClearDspOverrideRequest): Promise<MessageInitShape<typeof ClearDspOverrideResponseSchema>> {
    return this.changes.run(caller, ClearDspOverrideResponseSchema, async (tx) => {
      const release = await this.releases.open(tx, request.uuid);
      const dsp = this.registry.get(request.slug);
      if (!dsp) throw new Refused('dsp.not_found', { params: { slug: request.slug } });
      await attachedDsp(tx, release.uuid, dsp.slug);
      const cleared = await clearOverride(tx, release.uuid, dsp.slug);
      if (cleared) {
        const audit = audited(caller, { action: 'dsp_override.cleared', target: `release:${release.uuid}`, before: { ...cleared } });
        await this.releases.record(tx, release, ['supply_chain'], { audit });
      }
      return {};
    });
  }
}
