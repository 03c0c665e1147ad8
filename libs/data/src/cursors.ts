import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Refused } from '@tonegrid/errors';

/** Where a page begins: before or after a row, named by the values of its sort columns as text. */
export interface Position {
  direction: 'after' | 'before';
  key: string[];
}

const macBytes = 16;

/**
 * Opaque cursors: base64url(HMAC-SHA-256 cut to 128 bits ‖ JSON). The HMAC covers what the cursor belongs to (tenant, list,
 * order, filters), which therefore need not travel in it. They do not expire (reference, Pagination, Caps).
 */
export class Cursors {
  private readonly key: Buffer;

  /** @param secret at least 32 characters, the same in all replicas; changing it ends all cursors */
  constructor(secret: string) {
    if (secret.length < 32) throw new Error('the secret for cursors needs at least 32 characters');
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'tonegrid list cursors', 32));
  }

  write({ direction, key }: Position, belongsTo: unknown): string {
    const body = Buffer.from(JSON.stringify([direction === 'after' ? 1 : 0, ...key]));
    return Buffer.concat([this.mac(body, belongsTo), body]).toString('base64url');
  }

  /** Throws `cursor.invalid` for anything that was not written here for the same list, tenant and filters. */
  read(cursor: string, belongsTo: unknown): Position {
    const bytes = Buffer.from(cursor, 'base64url');
    const body = bytes.subarray(macBytes);
    // Decoding forgives other spellings of the same bytes: only ours is a cursor.
    const genuine =
      bytes.length > macBytes &&
      bytes.toString('base64url') === cursor &&
      timingSafeEqual(bytes.subarray(0, macBytes), this.mac(body, belongsTo));
    if (!genuine) throw new Refused('cursor.invalid');
    const [after, ...key] = JSON.parse(body.toString()) as [number, ...string[]];
    return { direction: after === 1 ? 'after' : 'before', key };
  }

  private mac(body: Buffer, belongsTo: unknown): Buffer {
    const hmac = createHmac('sha256', this.key).update(JSON.stringify(belongsTo)).update('\0').update(body);
    return hmac.digest().subarray(0, macBytes);
  }
}
