import type { Tx } from '@tonegrid/data';
import type { Revocations } from '../revocations/revocations';

/** Ends all tokens of a family, and tells the gateways. */
export async function revokeFamily(tx: Tx, revocations: Revocations, familyUuid: string): Promise<void> {
  await tx.query('update token_families set revoked_at = coalesce(revoked_at, now()) where uuid = $1', [familyUuid]);
  revocations.announce(tx, 'family', [familyUuid]);
}
