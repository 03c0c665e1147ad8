import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import type { SupplyChainConfigSchema } from '@tonegrid/contracts';
import type { Tx } from '@tonegrid/data';
import { audited } from '@tonegrid/events';
import type { Caller } from '@tonegrid/rpc';
import { ReleaseChanges } from '../releases/release-changes';
import { changedFields, only } from '../supplied';
import type { ConfigRow } from './effective-config';
import { configMessage } from './supply-chain-messages';
import { soboOf } from '../tenants/tenant-settings';
import { configRow, setConfig } from './supply-chain.store';

/** What the setters of the supply-chain configuration have in common: what they do not name stays as it is. */
@Injectable()
export class ConfigChanges {
  constructor(private readonly releases: ReleaseChanges) {}

  /**
   * Sets columns of the configuration of a release; what equals the present changes nothing and is not told. `values` may be
   * made from the present row. Throws `release.not_found`, `release.not_editable`.
   */
  async set(
    tx: Tx,
    caller: Caller,
    releaseUuid: string,
    values: Partial<ConfigRow> | ((present: ConfigRow | undefined) => Partial<ConfigRow>),
  ): Promise<MessageInitShape<typeof SupplyChainConfigSchema>> {
    const release = await this.releases.open(tx, releaseUuid);
    const present = await configRow(tx, release.uuid);
    const wanted = typeof values === 'function' ? values(present) : values;
    const differing = present ? changedFields(present, wanted) : wanted;
    if (Object.keys(differing).length > 0) {
      await setConfig(tx, release.uuid, differing);
      const audit = audited(caller, {
        action: 'supply_chain.updated',
        target: `release:${release.uuid}`,
        before: only(present, differing),
        after: differing,
      });
      await this.releases.record(tx, release, ['supply_chain'], { audit });
    }
    return configMessage(release.uuid, await configRow(tx, release.uuid), await soboOf(tx));
  }
}
