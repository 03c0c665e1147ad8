import { Injectable } from '@nestjs/common';
import { DeliveryService, RedeliverToAllResponseSchema, type RedeliverToAllRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { QueueDeliveries } from './queue-deliveries';

/** `POST /releases/:uuid/ddex/redeliver`: a fresh message in the same thread to every DSP that has been delivered to. */
@Rpc(DeliveryService.method.redeliverToAll)
@Injectable()
export class RedeliverToAll {
  constructor(
    private readonly changes: Changes,
    private readonly deliveries: QueueDeliveries,
  ) {}

  run(caller: Caller, request: RedeliverToAllRequest) {
    return this.deliveries.run(caller, { release: request.uuid, again: true }, (work) =>
      this.changes.run(caller, RedeliverToAllResponseSchema, work),
    );
  }
}
