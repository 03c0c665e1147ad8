import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, SetDeliveryOptionsResponseSchema, type SetDeliveryOptionsRequest } from '@tonegrid/contracts';
import { invalid } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { textOrNull } from '../blank';
import { supplied } from '../supplied';
import { ConfigChanges } from './config-changes';
import type { ConfigRow } from './effective-config';

/** Sets the test-delivery flag and the party that messages are sent on behalf of. */
@Rpc(CatalogService.method.setDeliveryOptions)
@Injectable()
export class SetDeliveryOptions {
  constructor(
    private readonly changes: Changes,
    private readonly configs: ConfigChanges,
  ) {}

  async run(caller: Caller, request: SetDeliveryOptionsRequest): Promise<MessageInitShape<typeof SetDeliveryOptionsResponseSchema>> {
    const has = supplied(request);
    const values: Partial<ConfigRow> = {
      ...(has('is_test_delivery') && { is_test_delivery: request.isTestDelivery ?? null }),
      ...(has('sobo_party_dpid') && { sobo_party_dpid: textOrNull(request.soboPartyDpid?.replace(/-/g, '')) }),
      ...(has('sobo_party_name') && { sobo_party_name: textOrNull(request.soboPartyName) }),
    };
    return this.changes.run(caller, SetDeliveryOptionsResponseSchema, async (tx) => ({
      data: await this.configs.set(tx, caller, request.uuid, (present) => {
        // DDEX identifies the party by its DPID; a name alone says nothing to a DSP.
        const whole = { ...present, ...values };
        if (whole.sobo_party_name && !whole.sobo_party_dpid)
          throw invalid({ sobo_party_dpid: ['The sobo_party_dpid field is required with sobo_party_name.'] });
        return values;
      }),
    }));
  }
}
