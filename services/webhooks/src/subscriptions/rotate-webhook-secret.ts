import { Injectable } from '@nestjs/common';
import { RotateWebhookSecretResponseSchema, WebhooksService, type RotateWebhookSecretRequest } from '@tonegrid/contracts';
import { audited, Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Vault } from '@tonegrid/secrets';
import { lockWebhook, toWebhook, webhookColumns, type WebhookRow } from './webhook';
import { mintSecret, sealSecret } from './webhook-secret';

/**
 * `POST /webhooks/:uuid/rotate-secret`: the old secret signs nothing from here on, retries of earlier events included. An overlap is
 * asked for with `previous_secret` on PUT (REST surface, section 2).
 */
@Rpc(WebhooksService.method.rotateWebhookSecret)
@Injectable()
export class RotateWebhookSecret {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
    private readonly vault: Vault,
  ) {}

  async run(caller: Caller, request: RotateWebhookSecretRequest) {
    return this.changes.run(caller, RotateWebhookSecretResponseSchema, async (tx) => {
      const before = await lockWebhook(tx, request.uuid);
      const { uuid } = before;
      const secret = mintSecret();
      const { sealed, prefix } = sealSecret(this.vault, secret, uuid);
      const [row] = await tx.query<WebhookRow>(
        `update webhooks w set secret = $2, secret_prefix = $3, updated_at = now() where w.uuid = $1 returning ${webhookColumns}`,
        [uuid, sealed, prefix],
      );
      await this.outbox.add(
        tx,
        audited(caller, {
          action: 'webhook.secret_rotated',
          target: `webhook:${uuid}`,
          before: { secret_prefix: before.secret_prefix },
          after: { secret_prefix: prefix },
        }),
      );
      return { message: 'Secret rotated. Store the new secret now — it will not be shown again.', data: { ...toWebhook(row!), secret } };
    });
  }
}
