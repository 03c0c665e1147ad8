import { Injectable } from '@nestjs/common';
import { isInternalEvent } from '@tonegrid/contracts';
import type { Tx } from '@tonegrid/data';
import type { ReceivedEvent } from '@tonegrid/events';
import { Handles } from '@tonegrid/service';
import { Sender } from '../sending/sender';
import { testEvent } from '../subscriptions/test-webhook';
import { queueForAll } from './queue-deliveries';

/**
 * Every event of the platform: a delivery for each webhook that wants it is queued in the transaction of the inbox row, and once
 * that has committed the sender is told which, so that a webhook leaves without waiting for the sender's next look.
 */
@Handles({ durable: 'webhooks-dispatch', filter: ['>'], concurrency: 6 })
@Injectable()
export class DispatchEvent {
  constructor(private readonly sender: Sender) {}

  async handle(tx: Tx, event: ReceivedEvent): Promise<void> {
    if (event.type === testEvent || isInternalEvent(event.type)) return;
    const queued = await queueForAll(tx, event);
    if (queued.length > 0) tx.afterCommit(() => this.sender.offer(queued));
  }
}
