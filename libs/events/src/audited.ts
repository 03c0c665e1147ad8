import type { Caller } from '@tonegrid/rpc';
import type { DomainEvent } from './cloud-event';

/** A value of a field as the audit log shows it. */
export type Audited = string | number | boolean | bigint | Date | readonly string[] | Readonly<Record<string, boolean>> | null | undefined;

/** One privileged action. */
export interface AuditedAction {
  /** What was done, `release.approved`; of an endpoint, what the contract says (`audit` of its access option). */
  action: string;
  /** To what, `release:<uuid>`. */
  target: string;
  /** Fields before and after; never secrets. */
  before?: Record<string, Audited>;
  after?: Record<string, Audited>;
}

/** Who acts; a caller is one. */
export type Actor = Pick<Caller, 'tenantUuid' | 'subject' | 'requestId' | 'onBehalfOf' | 'clientAddress'>;

/** The data of `audit.action` (AuditAction in tonegrid.events.v1). */
export interface AuditActionData {
  action: string;
  target: string;
  actor: string;
  on_behalf_of: string | null;
  client_address: string | null;
  request_id: string;
  before: Record<string, string>;
  after: Record<string, string>;
}

/** The type of the event that carries a privileged action to the audit log. */
export const auditActionType = 'audit.action';

/**
 * The event by which a privileged action gets into the audit log of the caller's tenant (identity keeps it): added to the outbox in the
 * transaction of the action, so there is neither an action without an entry nor an entry without an action. It is internal: no webhook
 * tells of it. Its subject is that of the target, so entries about one thing are in the order of their commits.
 */
export function audited(caller: Actor, { action, target, before = {}, after = {} }: AuditedAction): DomainEvent {
  const data: AuditActionData = {
    action,
    target,
    actor: caller.subject,
    on_behalf_of: caller.onBehalfOf || null,
    client_address: caller.clientAddress || null,
    request_id: caller.requestId,
    before: auditTexts(before),
    after: auditTexts(after),
  };
  return { type: auditActionType, subject: target.slice(target.indexOf(':') + 1), tenantUuid: caller.tenantUuid, data };
}

/** Characters of a value that the audit log keeps: what is longer is shown by its beginning. */
const longest = 2_000;

/** The fields as texts, in one order; those that are empty are left out. */
export function auditTexts(fields: Record<string, Audited>): Record<string, string> {
  const entries = Object.entries(fields).flatMap(([name, value]) => {
    const text = asText(value);
    return text === undefined ? [] : [[name, text.length > longest ? `${text.slice(0, longest)}…` : text] as const];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function asText(value: Audited): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
