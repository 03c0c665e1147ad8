import type { Tx } from '@tonegrid/data';

/** Ends all tokens of a family: its refresh tokens by the family's mark, its access tokens each. */
export async function revokeFamily(tx: Tx, familyUuid: string): Promise<void> {
  await tx.query('update token_families set revoked_at = coalesce(revoked_at, now()) where uuid = $1', [familyUuid]);
  await tx.query('update access_tokens set revoked_at = now() where family_uuid = $1 and revoked_at is null', [familyUuid]);
}
