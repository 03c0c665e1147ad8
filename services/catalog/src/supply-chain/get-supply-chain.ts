import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type GetSupplyChainRequest, type GetSupplyChainResponseSchema } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { readSupplyChain } from './read-supply-chain';
import { configMessage } from './supply-chain-messages';

/** The supply-chain configuration of a release. */
@Rpc(CatalogService.method.getSupplyChain)
@Injectable()
export class GetSupplyChain {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, { uuid }: GetSupplyChainRequest): Promise<MessageInitShape<typeof GetSupplyChainResponseSchema>> {
    const { config, tenant } = await readSupplyChain(this.data, caller, uuid);
    return { data: configMessage(uuid, config, tenant) };
  }
}
