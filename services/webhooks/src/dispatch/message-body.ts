import { completeData } from '../events/event-types';

/** What the body of a webhook is made of. */
export interface Told {
  id: string;
  type: string;
  /** What it happened to: events of one subject are sent in their order. */
  subject: string;
  time: Date;
  tenantUuid: string;
  data: unknown;
}

/** The body of an event (REST surface, Webhooks), the same for every subscriber and attempt: what is signed is these bytes. */
export const messageBody = (event: Told): string =>
  JSON.stringify({
    event_id: event.id,
    event: event.type,
    created_at: event.time.toISOString(),
    tenant_uuid: event.tenantUuid,
    data: completeData(event.type, event.data),
  });
