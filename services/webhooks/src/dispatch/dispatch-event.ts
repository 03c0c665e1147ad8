import { Injectable } from '@nestjs/common';
import { isInternalEvent } from '@tonegrid/contracts';
import { Data, Gather, type Tx } from '@tonegrid/data';
import type { ReceivedEvent } from '@tonegrid/events';
import { Handles } from '@tonegrid/service';
import { Sender } from '../sending/sender';
import { testEvent } from '../subscriptions/test-webhook';
import { queueForAll, whetherWanted } from './queue-deliveries';

/**
 * Every event of the platform: a delivery for each webhook that wants it is queued in the transaction of the inbox row. Where the
 * sender has an opening it leaves as soon as that has committed; of the others the sender is told.
 */
@Handles({ durable: 'webhooks-dispatch', filter: ['>'], concurrency: 6 })
@Injectable()
export class DispatchEvent {
  private readonly wanting: Gather<ReceivedEvent, boolean>;

  constructor(
    private readonly sender: Sender,
    data: Data,
  ) {
    this.wanting = new Gather((events) => whetherWanted(data, events));
  }

  /** Most events are wanted by nobody: looking costs a part of one read, queueing a transaction. */
  async wanted(event: ReceivedEvent): Promise<boolean> {
    return event.type !== testEvent && !isInternalEvent(event.type) && this.wanting.get(event);
  }

  async handle(tx: Tx, event: ReceivedEvent): Promise<void> {
    const openings = this.sender.openings();
    const { taken, offers } = await queueForAll(tx, event, openings);
    if (taken.length === 0) this.sender.make(openings, []);
    else tx.afterCommit(() => this.sender.make(openings, taken));
    tx.afterCommit(() => this.sender.offer(offers));
  }
}
