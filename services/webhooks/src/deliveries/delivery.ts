import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { WebhookDeliverySchema } from '@tonegrid/contracts';

/** The states of an attempt (reference, Webhooks). */
export const deliveryStatuses = ['queued', 'sending', 'succeeded', 'failed', 'dead'] as const;

/** A row of `deliveries`: one attempt, or one that is to come. */
export interface DeliveryRow {
  uuid: string;
  event_id: string;
  event: string;
  status: string;
  response_code: number | null;
  response_body: string | null;
  error_message: string | null;
  duration_ms: number | null;
  retry_count: number;
  scheduled_at: Date;
  attempted_at: Date | null;
  created_at: Date;
}

export const deliveryColumns =
  'd.uuid, d.event_id, d.event, d.status, d.response_code, d.response_body, d.error_message, d.duration_ms, d.retry_count, d.scheduled_at, d.attempted_at, d.created_at';

/** An attempt as the contract shows it. */
export const toDelivery = (row: DeliveryRow): MessageInitShape<typeof WebhookDeliverySchema> => ({
  id: row.uuid,
  eventId: row.event_id,
  event: row.event,
  status: row.status,
  responseCode: row.response_code ?? undefined,
  responseBody: row.response_body ?? undefined,
  errorMessage: row.error_message ?? undefined,
  durationMs: row.duration_ms ?? undefined,
  retryCount: row.retry_count,
  scheduledAt: timestampFromDate(row.scheduled_at),
  attemptedAt: row.attempted_at ? timestampFromDate(row.attempted_at) : undefined,
  createdAt: timestampFromDate(row.created_at),
});
