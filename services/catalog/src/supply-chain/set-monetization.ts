import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, SetMonetizationResponseSchema, type SetMonetizationRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { FieldReport } from '../field-report';
import { ConfigChanges } from './config-changes';
import { parsePolicies } from './parse-deals';

/** Sets the monetization policies. */
@Rpc(CatalogService.method.setMonetization)
@Injectable()
export class SetMonetization {
  constructor(
    private readonly changes: Changes,
    private readonly configs: ConfigChanges,
  ) {}

  async run(caller: Caller, request: SetMonetizationRequest): Promise<MessageInitShape<typeof SetMonetizationResponseSchema>> {
    const report = new FieldReport();
    const values = { monetization_policy_codes: parsePolicies(request.monetizationPolicyCodes, report) };
    report.throwIfAny();
    return this.changes.run(caller, SetMonetizationResponseSchema, async (tx) => ({
      data: await this.configs.set(tx, caller, request.uuid, values),
    }));
  }
}
