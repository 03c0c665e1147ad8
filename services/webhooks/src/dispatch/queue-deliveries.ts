import { context, propagation } from '@opentelemetry/api';
import type { Data, Tx } from '@tonegrid/data';
import { v7 as uuidv7 } from 'uuid';
import { patternsTaking } from '../events/patterns';
import type { Taken } from '../sending/attempt.store';
import type { Offer, Openings } from '../sending/sender';
import { mostActive } from '../subscriptions/active-limit';
import { messageBody, type Told } from './message-body';

// One statement: who wants the event, its body (once), a delivery for each. An event whose body is there was queued before (the
// stream was read again from an earlier place): nothing is queued twice. Where the sender has an opening and no earlier event of the
// subject waits, the attempt is taken at once, which saves the transaction of taking it.
const queueMatching = `
  with wanting as (
    select uuid, url, secret, previous_secret, row_number() over (order by uuid) as place
    from webhooks where tenant_uuid = $2 and is_active and events && $6::text[]
  ), message as (
    insert into messages (event_id, tenant_uuid, event, body, traceparent)
    select $1, $2, $3, $4, $5 where exists (select from wanting)
    on conflict (event_id) do nothing returning event_id
  ), judged as (
    select wanting.uuid, ($7::uuid[])[place] as delivery, place <= $9 and wanting.uuid <> all($10::uuid[]) and not exists (
      select from deliveries e where e.webhook_uuid = wanting.uuid and e.subject = $8 and e.status in ('queued', 'sending')
        and (e.status = 'sending' or e.retry_count = 0)
    ) as at_once
    from wanting
  ), queued as (
    insert into deliveries (uuid, tenant_uuid, webhook_uuid, event_id, event, subject, status, attempted_at, leased_until)
    select delivery, $2, judged.uuid, message.event_id, $3, $8, case when at_once then 'sending' else 'queued' end,
      case when at_once then clock_timestamp() end, case when at_once then clock_timestamp() + $11 * interval '1 millisecond' end
    from judged cross join message
    returning uuid, webhook_uuid, status
  )
  select queued.uuid, webhook_uuid, status, url, secret, previous_secret from queued join wanting on wanting.uuid = webhook_uuid`;

interface Queued {
  uuid: string;
  webhook_uuid: string;
  status: string;
  url: string;
  secret: Buffer;
  previous_secret: Buffer | null;
}

/** Of each event, whether an active webhook of its tenant takes its type. */
export async function whetherWanted(data: Data, events: readonly Told[]): Promise<boolean[]> {
  const rows = await data.systemRead<{ wanted: boolean }>(
    `select exists (
       select from webhooks w where w.tenant_uuid = told.tenant and w.is_active and w.events && string_to_array(told.patterns, ' ')
     ) as wanted
     from unnest($1::uuid[], $2::text[]) with ordinality as told (tenant, patterns, place) order by place`,
    [events.map(({ tenantUuid }) => tenantUuid), events.map(({ type }) => patternsTaking(type).join(' '))],
    'whether-wanted',
  );
  return rows.map(({ wanted }) => wanted);
}

/**
 * Queues an event for every active webhook of its tenant that wants it.
 * @returns attempts that are taken already, to be made once the transaction has committed; and what else was queued
 */
export async function queueForAll(tx: Tx, event: Told, { most, closed, leaseMs }: Openings): Promise<{ taken: Taken[]; offers: Offer[] }> {
  const ids = Array.from({ length: mostActive }, () => uuidv7());
  const columns = messageColumns(event);
  const params = [...columns, patternsTaking(event.type), ids, event.subject, most, closed, leaseMs];
  const rows = await tx.query<Queued>(queueMatching, params, 'queue-matching');
  const [event_id, tenant_uuid, type, body, traceparent] = columns;
  const common = { event_id, tenant_uuid, event: type, body, traceparent, retry_count: 0 };
  return {
    taken: rows.filter(({ status }) => status === 'sending').map(({ status: _, ...row }) => ({ ...common, ...row })),
    offers: rows.filter(({ status }) => status === 'queued').map(({ uuid, webhook_uuid }) => ({ uuid, webhookUuid: webhook_uuid })),
  };
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

function messageColumns(event: Told): [id: string, tenant: string, type: string, body: string, traceparent: string | null] {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return [event.id, event.tenantUuid, event.type, messageBody(event), carrier['traceparent'] ?? null];
}
