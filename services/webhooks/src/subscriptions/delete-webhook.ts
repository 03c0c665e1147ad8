import { Injectable } from '@nestjs/common';
import { WebhooksService, type DeleteWebhookRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { audited, Outbox } from '@tonegrid/events';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { auditedWebhook, lockWebhook } from './webhook';

/** `DELETE /webhooks/:uuid`: what is still to be sent to it is not sent, its secrets are gone at once; the sweep removes its log. */
@Rpc(WebhooksService.method.deleteWebhook)
@Injectable()
export class DeleteWebhook {
  constructor(
    private readonly data: Data,
    private readonly outbox: Outbox,
  ) {}

  async run(caller: Caller, request: DeleteWebhookRequest) {
    await this.data.transaction(caller, async (tx) => {
      const webhook = await lockWebhook(tx, request.uuid);
      const { uuid } = webhook;
      await tx.query(
        'update webhooks set deleted_at = now(), updated_at = now(), is_active = false, secret = null, previous_secret = null where uuid = $1',
        [uuid],
      );
      await this.outbox.add(tx, audited(caller, { action: 'webhook.deleted', target: `webhook:${uuid}`, before: auditedWebhook(webhook) }));
    });
    return {};
  }
}
