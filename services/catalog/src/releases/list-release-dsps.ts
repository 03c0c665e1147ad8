import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type ListReleaseDspsRequest, type ListReleaseDspsResponseSchema } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { attachedDsps } from './dsp-messages';
import { releaseDspsSql, type ReleaseDspRow } from './release-dsp.store';
import { ofRelease } from './of-release';

/** The DSPs that the release is to go to. */
@Rpc(CatalogService.method.listReleaseDsps)
@Injectable()
export class ListReleaseDsps {
  constructor(
    private readonly data: Data,
    private readonly registry: DspRegistry,
  ) {}

  async run(caller: Caller, { uuid }: ListReleaseDspsRequest): Promise<MessageInitShape<typeof ListReleaseDspsResponseSchema>> {
    return { data: attachedDsps(this.registry, await ofRelease<ReleaseDspRow>(this.data, caller, uuid, releaseDspsSql, 'release_dsps')) };
  }
}
