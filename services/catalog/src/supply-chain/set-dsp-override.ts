import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, SetDspOverrideResponseSchema, type SetDspOverrideRequest } from '@tonegrid/contracts';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { audited } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { ReleaseChanges } from '../releases/release-changes';
import { attachedDsp } from '../releases/release-dsp.store';
import { changedFields, only } from '../supplied';
import { soboOf } from '../tenants/tenant-settings';
import { parseOverride } from './parse-override';
import { effectiveMessages } from './supply-chain-messages';
import { configRow, overrideRows, setOverride } from './supply-chain.store';

/** Overrides the configuration of one DSP. */
@Rpc(CatalogService.method.setDspOverride)
@Injectable()
export class SetDspOverride {
  constructor(
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
    private readonly registry: DspRegistry,
  ) {}

  run(caller: Caller, request: SetDspOverrideRequest): Promise<MessageInitShape<typeof SetDspOverrideResponseSchema>> {
    return this.changes.run(caller, SetDspOverrideResponseSchema, async (tx) => {
      const release = await this.releases.open(tx, request.uuid);
      const dsp = this.registry.get(request.slug);
      if (!dsp) throw new Refused('dsp.not_found', { params: { slug: request.slug } });
      await attachedDsp(tx, release.uuid, dsp.slug);
      const present = (await overrideRows(tx, release.uuid)).find((row) => row.dsp === dsp.slug);
      const values = parseOverride(request, present);
      const differing = present ? changedFields(present, values) : values;
      const changed = Object.keys(differing);
      if (changed.length > 0) {
        await setOverride(tx, release.uuid, dsp.slug, differing);
        // The kill-switch stands in no message.
        const told = changed.every((name) => name === 'is_blocked') ? 'recordIntent' : 'record';
        const audit = audited(caller, {
          action: 'dsp_override.updated',
          target: `release:${release.uuid}`,
          before: { dsp: dsp.slug, ...only(present, differing) },
          after: { dsp: dsp.slug, ...differing },
        });
        await this.releases[told](tx, release, ['supply_chain'], { audit });
      }
      const [data] = effectiveMessages(this.registry, {
        releaseDate: release.release_date,
        config: await configRow(tx, release.uuid),
        tenant: await soboOf(tx),
        overrides: await overrideRows(tx, release.uuid),
        dsps: [dsp.slug],
      });
      return { data };
    });
  }
}
