import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type ListReleasePipelinesRequest, type ListReleasePipelinesResponseSchema } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { ofRelease } from '../releases/of-release';
import { releaseDspsSql, type ReleaseDspRow } from '../releases/release-dsp.store';

/** The pipeline that will run for every attached DSP. */
@Rpc(CatalogService.method.listReleasePipelines)
@Injectable()
export class ListReleasePipelines {
  constructor(
    private readonly data: Data,
    private readonly registry: DspRegistry,
  ) {}

  async run(caller: Caller, { uuid }: ListReleasePipelinesRequest): Promise<MessageInitShape<typeof ListReleasePipelinesResponseSchema>> {
    const rows = await ofRelease<ReleaseDspRow>(this.data, caller, uuid, releaseDspsSql, 'release_dsps');
    return {
      data: rows.flatMap(({ dsp: slug, status }) => {
        const dsp = this.registry.get(slug);
        if (!dsp) return [];
        return [
          {
            slug,
            name: dsp.name,
            deliveryMethod: dsp.delivery_method,
            ddexErnVersion: dsp.ern_version,
            ingestionProtocol: dsp.ingestion_protocol,
            certificationLevel: dsp.certification_level ?? undefined,
            status,
          },
        ];
      }),
    };
  }
}
