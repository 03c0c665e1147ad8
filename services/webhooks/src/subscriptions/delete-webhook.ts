import { Injectable } from '@nestjs/common';
import { WebhooksService, type DeleteWebhookRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { lockWebhook } from './webhook';

/** `DELETE /webhooks/:uuid`: what is still to be sent to it is not sent, its secrets are gone at once; the sweep removes its log. */
@Rpc(WebhooksService.method.deleteWebhook)
@Injectable()
export class DeleteWebhook {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, request: DeleteWebhookRequest) {
    await this.data.transaction(caller, async (tx) => {
      const { uuid } = await lockWebhook(tx, request.uuid);
      await tx.query(
        'update webhooks set deleted_at = now(), updated_at = now(), is_active = false, secret = null, previous_secret = null where uuid = $1',
        [uuid],
      );
    });
    return {};
  }
}
