import { Injectable } from '@nestjs/common';
import { TestWebhookResponseSchema, WebhooksService, type TestWebhookRequest } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { audited, Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { v7 as uuidv7 } from 'uuid';
import { queueFor } from '../dispatch/queue-deliveries';
import { matches } from '../events/patterns';
import { Sender } from '../sending/sender';
import { lockWebhook } from './webhook';

/** The type of a test. It goes to the webhook that asked alone, so it is queued here and not by the dispatcher. */
export const testEvent = 'webhook.test';

/** `POST /webhooks/:uuid/test`: sends webhook.test to this subscription, if its events include it. */
@Rpc(WebhooksService.method.testWebhook)
@Injectable()
export class TestWebhook {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
    private readonly sender: Sender,
  ) {}

  async run(caller: Caller, request: TestWebhookRequest) {
    return this.changes.run(caller, TestWebhookResponseSchema, async (tx) => {
      const { uuid, events, is_active } = await lockWebhook(tx, request.uuid);
      if (!events.some((pattern) => matches(pattern, testEvent))) throw new Refused('webhook.test_not_subscribed');
      const event = {
        id: uuidv7(),
        type: testEvent,
        subject: uuid,
        tenantUuid: caller.tenantUuid,
        time: new Date(),
        data: { webhook_uuid: uuid, message: 'This is a test event from ToneGrid.' },
      };
      const delivery = await queueFor(tx, event, uuid);
      const audit = audited(caller, { action: 'webhook.tested', target: `webhook:${uuid}`, after: { event_id: event.id } });
      await this.outbox.addAll(tx, [event, audit]);
      tx.afterCommit(() => this.sender.offer([{ uuid: delivery, webhookUuid: uuid }]));
      const message = is_active ? 'Test event queued.' : 'Test event queued. It is sent once the webhook is active.';
      return { message, data: { eventId: event.id, deliveryId: delivery } };
    });
  }
}
