import { v7 } from 'uuid';
import { activeTraceparent } from './tracing';

/** Something that has happened, as a use case tells it. */
export interface DomainEvent {
  /** The event type without prefix: `release.created`. */
  type: string;
  /** What it happened to, by its uuid. Events of one subject reach each consumer in the order of their commits. */
  subject: string;
  tenantUuid: string;
  /** JSON of the event's message in tonegrid.events.v1. */
  data: object;
  /** A uuid; a new one of version 7 by default. */
  id?: string;
  /** When it happened; now by default. */
  time?: Date;
  /** In which span it was told, as a W3C traceparent; the running one by default. For who tells it later or together with others. */
  traceparent?: string | undefined;
}

/** CloudEvents 1.0 in its JSON format (structured mode), with the extensions `tenantuuid` and `traceparent` (W3C Trace Context: where it was told). */
export interface CloudEvent<T = unknown> {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  tenantuuid: string;
  traceparent?: string;
  data: T;
}

/** Bytes of a CloudEvent at most. nats-server takes 1 MiB a message by default, headers included. */
export const largestEvent = 256 * 1024;

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
// Tokens of a NATS subject: neither wildcards nor blanks.
const typeForm = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/** The CloudEvent of what has happened. Throws if the type cannot be a NATS subject or an id is not a uuid. */
export function cloudEvent(source: string, event: DomainEvent): CloudEvent {
  const id = event.id ?? v7();
  if (!typeForm.test(event.type)) throw new Error(`not an event type: "${event.type}"`);
  if (!uuidForm.test(id) || !uuidForm.test(event.tenantUuid)) throw new Error(`event ${event.type}: id or tenant is not a uuid`);
  if (event.subject === '') throw new Error(`event ${event.type} has no subject`);
  const traceparent = event.traceparent ?? activeTraceparent();
  return {
    specversion: '1.0',
    id,
    source,
    type: event.type,
    subject: event.subject,
    time: (event.time ?? new Date()).toISOString(),
    datacontenttype: 'application/json',
    tenantuuid: event.tenantUuid,
    ...(traceparent && { traceparent }),
    data: event.data,
  };
}

/** Reads a message of the stream; undefined if it is not an event of ours. */
export function parseCloudEvent(text: string): CloudEvent | undefined {
  try {
    const event = JSON.parse(text) as Partial<CloudEvent> | null;
    const whole =
      typeof event?.id === 'string' && uuidForm.test(event.id) &&
      typeof event.tenantuuid === 'string' && uuidForm.test(event.tenantuuid) &&
      typeof event.type === 'string' && typeof event.subject === 'string'; // prettier-ignore
    return whole ? (event as CloudEvent) : undefined;
  } catch {
    return undefined; // not JSON: the caller reports it
  }
}
