import { Injectable } from '@nestjs/common';
import { WebhooksService, type GetWebhookRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { toWebhook, webhookColumns, type WebhookRow } from './webhook';

/** `GET /webhooks/:uuid`. */
@Rpc(WebhooksService.method.getWebhook)
@Injectable()
export class GetWebhook {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, request: GetWebhookRequest) {
    const [row] = await this.data.read<WebhookRow>(
      caller,
      `select ${webhookColumns} from webhooks w where w.uuid = $1 and w.deleted_at is null`,
      [request.uuid],
      'webhook',
    );
    if (!row) throw new Refused('webhook.not_found');
    return { data: toWebhook(row) };
  }
}
