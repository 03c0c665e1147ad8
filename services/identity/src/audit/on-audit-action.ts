import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { auditActionType, type AuditActionData, type ReceivedEvent } from '@tonegrid/events';
import { Handles, type BatchHandler } from '@tonegrid/service';
import { Audit, type AuditEntry } from './audit';

/**
 * What other services did, into the chain of the tenant whose data it was: once each, in the transaction of the inbox rows, many
 * together. An entry has the id of the event and the time of the action; its place in the chain is that of its arrival.
 */
@Handles({ durable: 'identity-audit', filter: [auditActionType], concurrency: 4 })
@Injectable()
export class OnAuditAction implements BatchHandler {
  constructor(private readonly audit: Audit) {}

  handleAll(tx: Tx, events: ReceivedEvent[]): Promise<void> {
    return this.audit.recordAll(tx, events.map(entryOf));
  }
}

function entryOf(event: ReceivedEvent): AuditEntry {
  const { action, target, actor, on_behalf_of, client_address, request_id, before, after } = event.data as AuditActionData;
  const who = {
    tenantUuid: event.tenantUuid,
    subject: actor,
    requestId: request_id,
    onBehalfOf: on_behalf_of ?? undefined,
    clientAddress: client_address ?? undefined,
  };
  return { actor: who, action, target, before, after, uuid: event.id, at: event.time };
}
