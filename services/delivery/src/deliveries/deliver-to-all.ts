import { Injectable } from '@nestjs/common';
import { DeliveryService, DeliverToAllResponseSchema, type DeliverToAllRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { QueueDeliveries } from './queue-deliveries';

/** `POST /releases/:uuid/ddex/deliver`: a message to every attached DSP; an update where the release is live. */
@Rpc(DeliveryService.method.deliverToAll)
@Injectable()
export class DeliverToAll {
  constructor(
    private readonly changes: Changes,
    private readonly deliveries: QueueDeliveries,
  ) {}

  run(caller: Caller, request: DeliverToAllRequest) {
    return this.deliveries.run(caller, { release: request.uuid }, (work) => this.changes.run(caller, DeliverToAllResponseSchema, work));
  }
}
