import { Injectable } from '@nestjs/common';
import { isInternalEvent } from '@tonegrid/contracts';
import type { Tx } from '@tonegrid/data';
import type { ReceivedEvent } from '@tonegrid/events';
import { Handles } from '@tonegrid/service';
import { Sender } from '../sending/sender';
import { testEvent } from '../subscriptions/test-webhook';
import { queueForAll } from './queue-deliveries';

/**
 * Every event of the platform: a delivery for each webhook that wants it is queued in the transaction of the inbox row. Where the
 * sender has an opening it leaves as soon as that has committed; of the others the sender is told.
 */
@Handles({ durable: 'webhooks-dispatch', filter: ['>'], concurrency: 6 })
@Injectable()
export class DispatchEvent {
  constructor(private readonly sender: Sender) {}

  async handle(tx: Tx, event: ReceivedEvent): Promise<void> {
    if (event.type === testEvent || isInternalEvent(event.type)) return;
    const openings = this.sender.openings();
    const { taken, offers } = await queueForAll(tx, event, openings);
    // Most events are wanted by nobody: the next one need not wait for the commit.
    if (taken.length === 0) this.sender.make(openings, []);
    else tx.afterCommit(() => this.sender.make(openings, taken));
    tx.afterCommit(() => this.sender.offer(offers));
  }
}
