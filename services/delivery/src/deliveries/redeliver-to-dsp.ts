import { Injectable } from '@nestjs/common';
import { DeliveryService, RedeliverToDspResponseSchema, type RedeliverToDspRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { QueueDeliveries } from './queue-deliveries';

/** `POST /releases/:uuid/ddex/redeliver/:dsp_slug`: the same for one DSP; one that was never delivered to is skipped. */
@Rpc(DeliveryService.method.redeliverToDsp)
@Injectable()
export class RedeliverToDsp {
  constructor(
    private readonly changes: Changes,
    private readonly deliveries: QueueDeliveries,
  ) {}

  run(caller: Caller, request: RedeliverToDspRequest) {
    return this.deliveries.run(caller, { release: request.uuid, slug: request.dspSlug, again: true }, (work) =>
      this.changes.run(caller, RedeliverToDspResponseSchema, work),
    );
  }
}
