import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type ListPricingTiersResponseSchema } from '@tonegrid/contracts';
import { Rpc } from '@tonegrid/rpc';
import { pricingTiers, tierCurrency } from './catalogues';

/** The pricing tiers that a release may have. */
@Rpc(CatalogService.method.listPricingTiers)
@Injectable()
export class ListPricingTiers {
  async run(): Promise<MessageInitShape<typeof ListPricingTiersResponseSchema>> {
    const minor = (amount: number | null) => (amount === null ? undefined : BigInt(amount));
    return {
      data: pricingTiers.map(({ code, name, track, album }) => ({
        code,
        name,
        defaultTrackMinor: minor(track),
        defaultAlbumMinor: minor(album),
        currency: tierCurrency,
      })),
    };
  }
}
