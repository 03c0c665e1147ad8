import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type GetEffectiveConfigRequest, type GetEffectiveConfigResponseSchema } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { readSupplyChain } from './read-supply-chain';
import { configMessage, effectiveMessages } from './supply-chain-messages';

/** Configuration and overrides of every attached DSP, resolved: exactly what lands in its messages. */
@Rpc(CatalogService.method.getEffectiveConfig)
@Injectable()
export class GetEffectiveConfig {
  constructor(
    private readonly data: Data,
    private readonly registry: DspRegistry,
  ) {}

  async run(caller: Caller, { uuid }: GetEffectiveConfigRequest): Promise<MessageInitShape<typeof GetEffectiveConfigResponseSchema>> {
    const chain = await readSupplyChain(this.data, caller, uuid);
    return {
      data: { releaseUuid: uuid, config: configMessage(uuid, chain.config, chain.tenant), dsps: effectiveMessages(this.registry, chain) },
    };
  }
}
