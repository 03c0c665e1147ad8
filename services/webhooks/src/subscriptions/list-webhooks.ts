import { Injectable } from '@nestjs/common';
import { WebhooksService, type ListWebhooksRequest } from '@tonegrid/contracts';
import { envelopePage, Pages } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { toWebhook, webhookList, type WebhookRow } from './webhook';

/** `GET /webhooks`: newest first. */
@Rpc(WebhooksService.method.listWebhooks)
@Injectable()
export class ListWebhooks {
  constructor(private readonly pages: Pages) {}

  async run(caller: Caller, request: ListWebhooksRequest) {
    const page = await this.pages.list<WebhookRow>(caller, request, webhookList);
    return { data: page.rows.map(toWebhook), ...envelopePage(page) };
  }
}
