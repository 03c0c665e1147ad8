import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type ListSupplyChainDspsResponseSchema } from '@tonegrid/contracts';
import { DspRegistry, supplyChainNote } from '@tonegrid/dsp-registry';
import { Rpc } from '@tonegrid/rpc';

/** Every active DSP of this deployment and how it is delivered to. */
@Rpc(CatalogService.method.listSupplyChainDsps)
@Injectable()
export class ListSupplyChainDsps {
  constructor(private readonly registry: DspRegistry) {}

  async run(): Promise<MessageInitShape<typeof ListSupplyChainDspsResponseSchema>> {
    const { total_active, direct_ddex_sftp, direct_ddex_rest, partner_routed } = this.registry.summary();
    return {
      data: {
        dsps: this.registry.all.map((dsp) => ({
          slug: dsp.slug,
          name: dsp.name,
          deliveryMethod: dsp.delivery_method,
          ddexErnVersion: dsp.ern_version,
          certificationLevel: dsp.certification_level ?? undefined,
          supportsAtmos: dsp.supports_atmos,
          supportsVideo: dsp.supports_video,
          territorySet: dsp.territory_set,
          ingestionProtocol: dsp.ingestion_protocol,
        })),
        summary: {
          totalActive: total_active,
          directDdexSftp: direct_ddex_sftp,
          directDdexRest: direct_ddex_rest,
          partnerRouted: partner_routed,
        },
        note: supplyChainNote,
      },
    };
  }
}
