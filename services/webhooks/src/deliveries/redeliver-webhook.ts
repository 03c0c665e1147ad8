import { Injectable } from '@nestjs/common';
import { RedeliverWebhookResponseSchema, WebhooksService, type RedeliverWebhookRequest } from '@tonegrid/contracts';
import type { Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { audited, Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { v7 as uuidv7 } from 'uuid';
import { Sender } from '../sending/sender';
import { lockWebhook } from '../subscriptions/webhook';
import { deliveryColumns, toDelivery, type DeliveryRow } from './delivery';

/**
 * `POST /webhooks/:uuid/deliveries/:id/redeliver`: the same event once more, whatever became of that delivery: same event id and
 * body, new delivery id, retried like a first one.
 */
@Rpc(WebhooksService.method.redeliverWebhook)
@Injectable()
export class RedeliverWebhook {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
    private readonly sender: Sender,
  ) {}

  async run(caller: Caller, request: RedeliverWebhookRequest) {
    return this.changes.run(caller, RedeliverWebhookResponseSchema, async (tx) => {
      const webhook = await lockWebhook(tx, request.uuid);
      const row = await queueAgain(tx, webhook.uuid, request.id);
      if (!row) throw new Refused('webhook.delivery_not_found');
      const after = { event_id: row.event_id, event: row.event, delivery: row.uuid };
      await this.outbox.add(tx, audited(caller, { action: 'webhook.redelivered', target: `webhook:${webhook.uuid}`, after }));
      tx.afterCommit(() => this.sender.offer([{ uuid: row.uuid, webhookUuid: webhook.uuid }]));
      const message = webhook.is_active ? 'Redelivery queued.' : 'Redelivery queued. It is sent once the webhook is active.';
      return { message, data: toDelivery(row) };
    });
  }
}

/** The body is kept for as long again as if the event had happened now. */
async function queueAgain(tx: Tx, webhookUuid: string, deliveryUuid: string): Promise<DeliveryRow | undefined> {
  const [row] = await tx.query<DeliveryRow>(
    `with message as (
       update messages m set wanted_at = now() from deliveries old
       where old.uuid = $1 and old.webhook_uuid = $2 and m.event_id = old.event_id
       returning m.event_id, m.tenant_uuid, m.event, old.subject
     )
     insert into deliveries as d (uuid, tenant_uuid, webhook_uuid, event_id, event, subject)
     select $3, tenant_uuid, $2, event_id, event, subject from message returning ${deliveryColumns}`,
    [deliveryUuid, webhookUuid, uuidv7()],
  );
  return row;
}
