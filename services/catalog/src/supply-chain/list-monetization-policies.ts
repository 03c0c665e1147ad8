import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type ListMonetizationPoliciesResponseSchema } from '@tonegrid/contracts';
import { Rpc } from '@tonegrid/rpc';
import { monetizationPolicies } from './catalogues';

/** The monetization policies that a release may have. */
@Rpc(CatalogService.method.listMonetizationPolicies)
@Injectable()
export class ListMonetizationPolicies {
  async run(): Promise<MessageInitShape<typeof ListMonetizationPoliciesResponseSchema>> {
    return { data: [...monetizationPolicies] };
  }
}
