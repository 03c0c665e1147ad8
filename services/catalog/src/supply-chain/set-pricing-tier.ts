import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, SetPricingTierResponseSchema, type SetPricingTierRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { FieldReport } from '../field-report';
import { ConfigChanges } from './config-changes';
import { parsePricing } from './parse-deals';

/** Sets the pricing tier; amounts of a custom tier that went before are dropped. */
@Rpc(CatalogService.method.setPricingTier)
@Injectable()
export class SetPricingTier {
  constructor(
    private readonly changes: Changes,
    private readonly configs: ConfigChanges,
  ) {}

  async run(caller: Caller, request: SetPricingTierRequest): Promise<MessageInitShape<typeof SetPricingTierResponseSchema>> {
    const report = new FieldReport();
    const values = parsePricing(
      {
        tier: request.pricingTierCode,
        trackMinor: request.pricingCustomTrackMinor,
        albumMinor: request.pricingCustomAlbumMinor,
        currency: request.pricingCurrency,
      },
      report,
    );
    report.throwIfAny();
    return this.changes.run(caller, SetPricingTierResponseSchema, async (tx) => ({
      data: await this.configs.set(tx, caller, request.uuid, values),
    }));
  }
}
