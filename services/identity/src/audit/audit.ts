import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { auditTexts, type Actor, type AuditedAction } from '@tonegrid/events';
import { logger } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import { v7 as uuidv7 } from 'uuid';
import type { IdentityConfig } from '../config';
import { AuditSeals, noSeal, sameSeal, type AuditRow } from './chain';

/** Writes privileged actions into the audit log, in the transaction of the action itself: both commit or neither does. */
@Injectable()
export class Audit {
  private readonly seals: AuditSeals;

  constructor(@Inject(CONFIG) config: Pick<IdentityConfig, 'ENCRYPTION_KEY'>) {
    this.seals = new AuditSeals(config.ENCRYPTION_KEY);
  }

  /**
   * Adds a row to the chain of a tenant, by default the actor's. From here to the commit other actions of that tenant wait, so it stands at
   * the end of the work.
   * @param uuid of the entry, and `at`: when it was done; by default a new one, now
   */
  async record(
    tx: Tx,
    actor: Actor,
    { action, target, before = {}, after = {} }: AuditedAction,
    { tenant = actor.tenantUuid, uuid = uuidv7(), at = new Date() } = {},
  ): Promise<void> {
    const tenantUuid = tenant.toLowerCase();
    const empty = { tenant_uuid: tenantUuid, seq: 0, row_seal: noSeal };
    // The update that changes nothing locks the head and shows its latest state.
    const [head] = await tx.query<{ seq: string; row_seal: Buffer; seal: Buffer }>(
      `insert into audit_heads as h (tenant_uuid, seq, row_seal, seal) values ($1, 0, $2, $3)
       on conflict (tenant_uuid) do update set seq = h.seq returning seq, row_seal, seal`,
      [tenantUuid, noSeal, this.seals.ofHead(empty)],
    );
    const known = { tenant_uuid: tenantUuid, seq: Number(head!.seq), row_seal: head!.row_seal };
    // Somebody else has written to it. The action goes on, but its seal must not make the chain look whole again.
    const genuine = sameSeal(head!.seal, this.seals.ofHead(known));
    if (!genuine) logger.error({ tenant: tenantUuid, seq: known.seq }, 'the audit log was tampered with: run verify-audit-log');
    const row: AuditRow = {
      tenant_uuid: tenantUuid,
      seq: known.seq + 1,
      uuid,
      actor: actor.subject,
      on_behalf_of: actor.onBehalfOf || null,
      action_type: action,
      target,
      client_address: actor.clientAddress ?? '',
      request_id: actor.requestId,
      before: JSON.stringify(auditTexts(before)),
      after: JSON.stringify(auditTexts(after)),
      created_at: at,
    };
    const seal = this.seals.ofRow(row, known.row_seal);
    const headSeal = genuine ? this.seals.ofHead({ tenant_uuid: tenantUuid, seq: row.seq, row_seal: seal }) : noSeal;
    await tx.query(
      `with moved as (update audit_heads set seq = $2, row_seal = $13, seal = $14 where tenant_uuid = $1)
       insert into audit_log (tenant_uuid, seq, uuid, actor, on_behalf_of, action_type, target, client_address, request_id, before, after, created_at, seal)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [...Object.values(row), seal, headSeal],
    );
  }
}
