import type { Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';

/** Active webhooks of a tenant at most (reference, Webhooks). */
export const mostActive = 25;

/**
 * Before a webhook becomes active. Whoever comes second waits until the first has committed, and then counts it. Throws
 * `webhook.limit_reached`.
 */
export async function takeActivePlace(tx: Tx, tenantUuid: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('webhooks:' || $1, 0))`, [tenantUuid]);
  const [row] = await tx.query<{ active: number }>('select count(*)::int as active from webhooks where tenant_uuid = $1 and is_active', [
    tenantUuid,
  ]);
  if (row!.active >= mostActive) throw new Refused('webhook.limit_reached');
}
