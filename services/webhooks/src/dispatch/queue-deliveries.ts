import { context, propagation } from '@opentelemetry/api';
import type { Tx } from '@tonegrid/data';
import { v7 as uuidv7 } from 'uuid';
import { patternsTaking } from '../events/patterns';
import type { Offer } from '../sending/sender';
import { mostActive } from '../subscriptions/active-limit';
import { messageBody, type Told } from './message-body';

// One statement: who wants the event, its body (once), a delivery for each. An event whose body is there was queued before (the
// stream was read again from an earlier place): nothing is queued twice.
const queueMatching = `
  with wanting as (
    select uuid, row_number() over (order by uuid) as place from webhooks where tenant_uuid = $2 and is_active and events && $6::text[]
  ), message as (
    insert into messages (event_id, tenant_uuid, event, body, traceparent)
    select $1, $2, $3, $4, $5 where exists (select from wanting)
    on conflict (event_id) do nothing returning event_id
  )
  insert into deliveries (uuid, tenant_uuid, webhook_uuid, event_id, event, subject)
  select ($7::uuid[])[place], $2, wanting.uuid, message.event_id, $3, $8 from wanting cross join message
  returning uuid, webhook_uuid as "webhookUuid"`;

/** Queues an event for every active webhook of its tenant that wants it; gives what was queued. */
export function queueForAll(tx: Tx, event: Told): Promise<Offer[]> {
  const ids = Array.from({ length: mostActive }, () => uuidv7());
  return tx.query<Offer>(queueMatching, [...messageColumns(event), patternsTaking(event.type), ids, event.subject]);
}

/** Queues an event for one webhook; gives the id of the delivery. */
export async function queueFor(tx: Tx, event: Told, webhookUuid: string): Promise<string> {
  const delivery = uuidv7();
  await tx.query(
    'insert into messages (event_id, tenant_uuid, event, body, traceparent) values ($1, $2, $3, $4, $5)',
    messageColumns(event),
  );
  await tx.query('insert into deliveries (uuid, tenant_uuid, webhook_uuid, event_id, event, subject) values ($1, $2, $3, $4, $5, $6)', [
    delivery,
    event.tenantUuid,
    webhookUuid,
    event.id,
    event.type,
    event.subject,
  ]);
  return delivery;
}

function messageColumns(event: Told): unknown[] {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return [event.id, event.tenantUuid, event.type, messageBody(event), carrier['traceparent'] ?? null];
}
