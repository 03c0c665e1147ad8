import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { AttachDspsResponseSchema, CatalogService, type AttachDspsRequest } from '@tonegrid/contracts';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { audited } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { chooseDsps } from './choose-dsps';
import { attachedDsps } from './dsp-messages';
import { ReleaseChanges } from './release-changes';
import { attach, releaseDsps } from './release-dsp.store';

/** Attaches DSPs; those already attached stay. */
@Rpc(CatalogService.method.attachDsps)
@Injectable()
export class AttachDsps {
  constructor(
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
    private readonly registry: DspRegistry,
  ) {}

  run(caller: Caller, request: AttachDspsRequest): Promise<MessageInitShape<typeof AttachDspsResponseSchema>> {
    return this.changes.run(caller, AttachDspsResponseSchema, async (tx) => {
      const release = await this.releases.open(tx, request.uuid);
      const { dsps, unknown } = chooseDsps(this.registry, request.dsps);
      if (unknown[0] !== undefined) throw new Refused('dsp.not_found', { params: { slug: unknown[0] } });
      const added = await attach(
        tx,
        release.uuid,
        dsps.map(({ slug }) => slug),
      );
      if (added.length > 0) {
        const audit = audited(caller, { action: 'release.dsps_attached', target: `release:${release.uuid}`, after: { dsps: added } });
        await this.releases.recordIntent(tx, release, ['dsps'], { audit });
      }
      return { message: `${dsps.length} DSP(s) attached.`, data: attachedDsps(this.registry, await releaseDsps(tx, release.uuid)) };
    });
  }
}
