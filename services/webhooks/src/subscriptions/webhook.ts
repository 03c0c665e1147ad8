import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { WebhookSchema } from '@tonegrid/contracts';
import { newestFirst, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import type { Audited } from '@tonegrid/events';

/** A row of `webhooks`, without the secrets. */
export interface WebhookRow {
  uuid: string;
  name: string;
  url: string;
  events: string[];
  description: string | null;
  is_active: boolean;
  secret_prefix: string;
  has_previous_secret: boolean;
  created_at: Date;
  updated_at: Date;
}

export const webhookColumns =
  'w.uuid, w.name, w.url, w.events, w.description, w.is_active, w.secret_prefix, w.previous_secret is not null as has_previous_secret, w.created_at, w.updated_at';

/** Those of a tenant that are not deleted, newest first. */
export const webhookList = {
  name: 'webhooks',
  select: webhookColumns,
  from: 'webhooks w',
  tenant: 'w.tenant_uuid',
  where: { kept: ['w.deleted_at is null'] as [string] },
  order: newestFirst('w'),
};

/** A webhook as the contract shows it. */
export const toWebhook = (row: WebhookRow): MessageInitShape<typeof WebhookSchema> => ({
  uuid: row.uuid,
  name: row.name,
  url: row.url,
  secretPrefix: row.secret_prefix,
  events: row.events,
  description: row.description ?? undefined,
  isActive: row.is_active,
  hasPreviousSecret: row.has_previous_secret,
  createdAt: timestampFromDate(row.created_at),
  updatedAt: timestampFromDate(row.updated_at),
});

/**
 * A webhook as the audit log shows it. Of its address no query: receivers are known by host and path, and queries often hold a token.
 */
export function auditedWebhook({ name, url, events, is_active, secret_prefix, has_previous_secret }: WebhookRow): Record<string, Audited> {
  const { origin, pathname, search } = new URL(url);
  return { name, url: `${origin}${pathname}${search && '?…'}`, events, is_active, secret_prefix, has_previous_secret };
}

/** The webhook, locked until the transaction ends. Throws `webhook.not_found`. */
export async function lockWebhook(tx: Tx, uuid: string): Promise<WebhookRow> {
  const [row] = await tx.query<WebhookRow>(
    `select ${webhookColumns} from webhooks w where w.uuid = $1 and w.deleted_at is null for update`,
    [uuid],
  );
  if (!row) throw new Refused('webhook.not_found');
  return row;
}
