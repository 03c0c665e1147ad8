import { createHash } from 'node:crypto';
import type { Idempotency } from '@tonegrid/rpc';
import { v7 as uuidv7 } from 'uuid';

/**
 * The id of the job of a request. With an Idempotency-Key it follows from tenant, key and body: after a crash between the
 * catalogue's commit and ours, the retry names the same job and the catalogue answers with the release that it made.
 * As UUID version 8 (RFC 9562, 5.8); without a key a new one of version 7.
 */
export function jobUuid(tenantUuid: string, idempotency: Idempotency | undefined): string {
  if (!idempotency) return uuidv7();
  const hash = createHash('sha256')
    .update(JSON.stringify([tenantUuid, idempotency.key, idempotency.bodyHash]))
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.subarray(0, 16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
