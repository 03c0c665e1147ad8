import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** A row of the audit log, without its seal. */
export interface AuditRow {
  tenant_uuid: string;
  /** Place in the tenant's chain, from 1. */
  seq: number;
  uuid: string;
  actor: string;
  on_behalf_of: string | null;
  action_type: string;
  target: string;
  client_address: string;
  request_id: string;
  /** JSON objects, as they are stored. */
  before: string;
  after: string;
  created_at: Date;
}

/** Where a tenant's chain ends. */
export interface AuditHead {
  tenant_uuid: string;
  seq: number;
  row_seal: Buffer;
}

/** What stands before the first row of a chain. */
export const noSeal = Buffer.alloc(0);

/**
 * Seals of the audit log: HMAC-SHA-256 over a row and the seal of the row before, under a key that is not in the database. Whoever can
 * write to the database alone can neither change a row, nor take one out, nor put one in, without it showing.
 */
export class AuditSeals {
  private readonly key: Buffer;

  /** @param encryptionKey ENCRYPTION_KEY, base64 of 32 bytes; used through HKDF */
  constructor(encryptionKey: string) {
    this.key = Buffer.from(hkdfSync('sha256', Buffer.from(encryptionKey, 'base64'), '', 'tonegrid audit log', 32));
  }

  ofRow(row: AuditRow, before: Buffer): Buffer {
    return this.mac([
      'row', row.tenant_uuid, row.seq, row.uuid, row.actor, row.on_behalf_of, row.action_type, row.target, row.client_address, row.request_id,
      row.before, row.after, row.created_at.getTime(), before.toString('hex'),
    ]); // prettier-ignore
  }

  ofHead({ tenant_uuid: tenant, seq, row_seal: rowSeal }: AuditHead): Buffer {
    return this.mac(['head', tenant, seq, rowSeal.toString('hex')]);
  }

  private mac(values: unknown[]): Buffer {
    return createHmac('sha256', this.key).update(JSON.stringify(values)).digest();
  }
}

/** Compares two seals in constant time. */
export const sameSeal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
