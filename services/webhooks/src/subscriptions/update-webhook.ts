import { Injectable } from '@nestjs/common';
import { UpdateWebhookResponseSchema, WebhooksService, type UpdateWebhookRequest } from '@tonegrid/contracts';
import { invalid, type FieldErrors } from '@tonegrid/errors';
import { audited, Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, ruleMessage, type Caller } from '@tonegrid/rpc';
import { Vault } from '@tonegrid/secrets';
import { EventTypes } from '../events/event-types';
import { Sender } from '../sending/sender';
import { takeActivePlace } from './active-limit';
import { Targets } from './targets';
import { auditedWebhook, lockWebhook, toWebhook, webhookColumns, type WebhookRow } from './webhook';
import { sealSecret } from './webhook-secret';

/**
 * `PUT /webhooks/:uuid`: changes the supplied fields. `previous_secret` signs beside the current secret until it is set to null.
 * While `is_active` is false nothing is sent and no event is queued; what was queued before goes out once it is active again.
 */
@Rpc(WebhooksService.method.updateWebhook)
@Injectable()
export class UpdateWebhook {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
    private readonly types: EventTypes,
    private readonly targets: Targets,
    private readonly vault: Vault,
    private readonly sender: Sender,
  ) {}

  async run(caller: Caller, request: UpdateWebhookRequest) {
    const supplied = suppliedFields(request);
    const refusal = supplied.has('url') && request.url !== undefined ? await this.targets.refusal(request.url) : undefined;
    return this.changes.run(caller, UpdateWebhookResponseSchema, async (tx) => {
      check(request, supplied);
      const events = supplied.has('events') ? this.types.check(request.events) : undefined;
      if (refusal) throw refusal;
      const before = await lockWebhook(tx, request.uuid);
      if (supplied.has('is_active') && request.isActive && !before.is_active) await takeActivePlace(tx, caller.tenantUuid);
      const previous = request.previousSecret === undefined ? null : sealSecret(this.vault, request.previousSecret, before.uuid).sealed;
      const values: [column: string, value: unknown][] = [
        ['name', request.name],
        ['url', request.url],
        ['events', events],
        ['description', request.description ?? null],
        ['is_active', request.isActive],
        ['previous_secret', previous],
      ];
      const changed = values.filter(([column]) => supplied.has(column));
      const [row] = await tx.query<WebhookRow>(
        `update webhooks w set updated_at = now()${changed.map(([column], n) => `, ${column} = $${n + 2}`).join('')}
         where w.uuid = $1 returning ${webhookColumns}`,
        [before.uuid, ...changed.map(([, value]) => value)],
      );
      await this.outbox.add(
        tx,
        audited(caller, {
          action: 'webhook.updated',
          target: `webhook:${before.uuid}`,
          before: auditedWebhook(before),
          after: auditedWebhook(row!),
        }),
      );
      if (row!.is_active && !before.is_active) tx.afterCommit(() => this.sender.look());
      return { data: toWebhook(row!) };
    });
  }
}

/** The names of the supplied fields: those of the mask, null included; without a mask, those that have a value. */
function suppliedFields(request: UpdateWebhookRequest): Set<string> {
  if (request.updateMask) return new Set(request.updateMask.paths);
  const { name, url, events, description, isActive: is_active, previousSecret: previous_secret } = request;
  const given = { name, url, events: events.length > 0 ? events : undefined, description, is_active, previous_secret };
  return new Set(Object.entries(given).flatMap(([field, value]) => (value === undefined ? [] : [field])));
}

/** What may not be cleared, and the form of a secret: a key that can be guessed would let anybody sign. */
function check(request: UpdateWebhookRequest, supplied: Set<string>): void {
  const fields: FieldErrors = {};
  const kept = { name: request.name?.trim() || undefined, url: request.url, events: request.events[0], is_active: request.isActive };
  for (const [field, value] of Object.entries(kept)) {
    if (supplied.has(field) && value === undefined) fields[field] = [ruleMessage('required', field)];
  }
  const { previousSecret: secret } = request;
  if (secret !== undefined && !/^[\x21-\x7e]{16,}$/.test(secret)) {
    fields['previous_secret'] = ['The previous_secret must be a secret as it was shown (16 characters or more), or null to clear it.'];
  }
  if (Object.keys(fields).length > 0) throw invalid(fields);
}
