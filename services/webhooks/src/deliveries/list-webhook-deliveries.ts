import { Injectable } from '@nestjs/common';
import { WebhooksService, type ListWebhookDeliveriesRequest } from '@tonegrid/contracts';
import { Data, envelopePage, newestFirst, Pages } from '@tonegrid/data';
import { invalid, Refused } from '@tonegrid/errors';
import { Rpc, ruleMessage, type Caller } from '@tonegrid/rpc';
import { deliveryColumns, deliveryStatuses, toDelivery, type DeliveryRow } from './delivery';

/** `GET /webhooks/:uuid/deliveries`: every attempt and those to come, newest first, by status. */
@Rpc(WebhooksService.method.listWebhookDeliveries)
@Injectable()
export class ListWebhookDeliveries {
  constructor(
    private readonly data: Data,
    private readonly pages: Pages,
  ) {}

  async run(caller: Caller, request: ListWebhookDeliveriesRequest) {
    const { status } = request;
    if (status && !(deliveryStatuses as readonly string[]).includes(status))
      throw invalid({ status: [ruleMessage('one_of', 'status', { values: deliveryStatuses.join(', ') })] });
    const [webhook] = await this.data.read(
      caller,
      'select uuid from webhooks where uuid = $1 and deleted_at is null',
      [request.uuid],
      'webhook-there',
    );
    if (!webhook) throw new Refused('webhook.not_found');
    const page = await this.pages.list<DeliveryRow>(caller, request, {
      name: 'webhook-deliveries',
      select: deliveryColumns,
      from: 'deliveries d',
      tenant: 'd.tenant_uuid',
      order: newestFirst('d'),
      where: { webhook: ['d.webhook_uuid = $1', request.uuid.toLowerCase()], status: status && ['d.status = $1', status] },
    });
    return { data: page.rows.map(toDelivery), ...envelopePage(page) };
  }
}
