import { Injectable } from '@nestjs/common';
import { DeliveryService, DeliverToDspResponseSchema, type DeliverToDspRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { QueueDeliveries } from './queue-deliveries';

/** `POST /releases/:uuid/ddex/deliver/:dsp_slug`: a message to one DSP; an update where the release is live. */
@Rpc(DeliveryService.method.deliverToDsp)
@Injectable()
export class DeliverToDsp {
  constructor(
    private readonly changes: Changes,
    private readonly deliveries: QueueDeliveries,
  ) {}

  run(caller: Caller, request: DeliverToDspRequest) {
    return this.deliveries.run(caller, { release: request.uuid, slug: request.dspSlug }, (work) =>
      this.changes.run(caller, DeliverToDspResponseSchema, work),
    );
  }
}
