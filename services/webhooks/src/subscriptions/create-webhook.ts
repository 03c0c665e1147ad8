import { Injectable } from '@nestjs/common';
import { CreateWebhookResponseSchema, WebhooksService, type CreateWebhookRequest } from '@tonegrid/contracts';
import { audited, Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Vault } from '@tonegrid/secrets';
import { v7 as uuidv7 } from 'uuid';
import { EventTypes } from '../events/event-types';
import { takeActivePlace } from './active-limit';
import { Targets } from './targets';
import { auditedWebhook, toWebhook, webhookColumns, type WebhookRow } from './webhook';
import { mintSecret, sealSecret } from './webhook-secret';

/** `POST /webhooks`: a subscription, and its secret this once. */
@Rpc(WebhooksService.method.createWebhook)
@Injectable()
export class CreateWebhook {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
    private readonly types: EventTypes,
    private readonly targets: Targets,
    private readonly vault: Vault,
  ) {}

  async run(caller: Caller, request: CreateWebhookRequest) {
    const refusal = await this.targets.refusal(request.url);
    return this.changes.run(caller, CreateWebhookResponseSchema, async (tx) => {
      const events = this.types.check(request.events);
      if (refusal) throw refusal;
      const active = request.isActive ?? true;
      if (active) await takeActivePlace(tx, caller.tenantUuid);
      const uuid = uuidv7();
      const secret = mintSecret();
      const { sealed, prefix } = sealSecret(this.vault, secret, uuid);
      const [row] = await tx.query<WebhookRow>(
        `insert into webhooks as w (uuid, tenant_uuid, name, url, events, description, is_active, secret_prefix, secret)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${webhookColumns}`,
        [uuid, caller.tenantUuid, request.name, request.url, events, request.description ?? null, active, prefix, sealed],
      );
      await this.outbox.add(tx, audited(caller, { action: 'webhook.created', target: `webhook:${uuid}`, after: auditedWebhook(row!) }));
      return { message: 'Webhook created. Store the secret now — it will not be shown again.', data: { ...toWebhook(row!), secret } };
    });
  }
}
