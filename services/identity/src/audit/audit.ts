import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { auditTexts, type Actor, type AuditedAction } from '@tonegrid/events';
import { logger } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import { v7 as uuidv7 } from 'uuid';
import type { IdentityConfig } from '../config';
import { AuditSeals, noSeal, sameSeal, type AuditHead, type AuditRow } from './chain';

/** What is to become a row of the log. */
export interface AuditEntry extends AuditedAction {
  actor: Actor;
  /** Whose chain it goes into, by default the actor's. */
  tenant?: string;
  /** Of the entry; by default a new one. */
  uuid?: string;
  /** When it was done, by default now. */
  at?: Date;
}

/** Writes privileged actions into the audit log, in the transaction of the action itself: both commit or neither does. */
@Injectable()
export class Audit {
  private readonly seals: AuditSeals;

  constructor(@Inject(CONFIG) config: Pick<IdentityConfig, 'ENCRYPTION_KEY'>) {
    this.seals = new AuditSeals(config.ENCRYPTION_KEY);
  }

  /**
   * Adds a row to the chain of the actor's tenant. From here to the commit other actions of that tenant wait, so it stands at the end of the
   * work.
   */
  async record(tx: Tx, actor: Actor, action: AuditedAction): Promise<void> {
    const { text, values, name } = await this.rows(tx, [{ actor, ...action }]);
    await tx.query(text, values, name);
  }

  /**
   * Adds rows to the chains of all tenants concerned, each chain in the order of the list: two statements for however many, of which the second
   * is run with the commit. Once in a transaction, and not beside `record`.
   */
  async recordAll(tx: Tx, entries: readonly AuditEntry[]): Promise<void> {
    const { text, values, name } = await this.rows(tx, entries);
    tx.last(text, values, name);
  }

  /** Locks the chains and gives the statement that writes the rows and moves the heads. */
  private async rows(tx: Tx, entries: readonly AuditEntry[]) {
    const chains = await this.lock(tx, new Set(entries.map(tenantOf)));
    const rows = entries.map((entry) => {
      const chain = chains.get(tenantOf(entry))!;
      const row = rowOf(entry, chain.seq + 1);
      chain.seq = row.seq;
      chain.row_seal = this.seals.ofRow(row, chain.row_seal);
      return { ...row, seal: chain.row_seal };
    });
    const heads = [...chains.values()];
    return {
      name: 'audit_write',
      text: `with moved as (
         update audit_heads h set seq = m.seq, row_seal = m.row_seal, seal = m.seal
         from unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::bytea[]) as m (tenant_uuid, seq, row_seal, seal) where h.tenant_uuid = m.tenant_uuid
       )
       insert into audit_log (${columns.map(([name]) => name).join(', ')})
       select * from unnest(${columns.map(([, type], n) => `$${n + 5}::${type}[]`).join(', ')})`,
      values: [
        heads.map((head) => head.tenant_uuid),
        heads.map((head) => head.seq),
        heads.map((head) => head.row_seal),
        heads.map((head) => (head.genuine ? this.seals.ofHead(head) : noSeal)),
        ...columns.map(([name]) => rows.map((row) => row[name])),
      ],
    };
  }

  /** Where the chains of these tenants end. They are locked in one order, so that two that write to the same ones do not wait for each other. */
  private async lock(tx: Tx, tenants: Set<string>): Promise<Map<string, Chain>> {
    const inOrder = [...tenants].sort();
    const unwritten = inOrder.map((tenant) => this.seals.ofHead({ tenant_uuid: tenant, seq: 0, row_seal: noSeal }));
    // The update that changes nothing locks a head and shows its latest state.
    const heads = await tx.query<{ tenant_uuid: string; seq: string; row_seal: Buffer; seal: Buffer }>(
      `insert into audit_heads as h (tenant_uuid, seq, row_seal, seal)
       select tenant, 0, $3, seal from unnest($1::uuid[], $2::bytea[]) as told (tenant, seal) order by tenant
       on conflict (tenant_uuid) do update set seq = h.seq returning tenant_uuid, seq, row_seal, seal`,
      [inOrder, unwritten, noSeal],
      'audit_lock',
    );
    return new Map(
      heads.map(({ seal, ...head }) => {
        const known = { ...head, seq: Number(head.seq) };
        // Somebody else has written to it. The action goes on, but its seal must not make the chain look whole again.
        const genuine = sameSeal(seal, this.seals.ofHead(known));
        if (!genuine) logger.error({ tenant: known.tenant_uuid, seq: known.seq }, 'the audit log was tampered with: run verify-audit-log');
        return [known.tenant_uuid, { ...known, genuine }];
      }),
    );
  }
}

/** The end of a chain; genuine: as we have left it. */
interface Chain extends AuditHead {
  genuine: boolean;
}

/** The columns of the log with their types. */
const columns: [name: keyof AuditRow | 'seal', type: string][] = [
  ['tenant_uuid', 'uuid'],
  ['seq', 'bigint'],
  ['uuid', 'uuid'],
  ['actor', 'text'],
  ['on_behalf_of', 'uuid'],
  ['action_type', 'text'],
  ['target', 'text'],
  ['client_address', 'text'],
  ['request_id', 'text'],
  ['before', 'text'],
  ['after', 'text'],
  ['created_at', 'timestamptz'],
  ['seal', 'bytea'],
];

const tenantOf = ({ tenant, actor }: AuditEntry): string => (tenant ?? actor.tenantUuid).toLowerCase();

// Uuids as the database gives them back: the seal is over what is read.
const rowOf = (entry: AuditEntry, seq: number): AuditRow => ({
  tenant_uuid: tenantOf(entry),
  seq,
  uuid: entry.uuid?.toLowerCase() ?? uuidv7(),
  actor: entry.actor.subject,
  on_behalf_of: entry.actor.onBehalfOf?.toLowerCase() || null,
  action_type: entry.action,
  target: entry.target,
  client_address: entry.actor.clientAddress ?? '',
  request_id: entry.actor.requestId,
  before: JSON.stringify(auditTexts(entry.before ?? {})),
  after: JSON.stringify(auditTexts(entry.after ?? {})),
  created_at: entry.at ?? new Date(),
});
