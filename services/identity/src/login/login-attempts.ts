import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Data, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { longestPause, pauseAfter, slowdownAfter } from './guessing';

/** An attempt that may go on. */
export interface Attempt {
  /** Failures in a row from this network, this one counted. */
  failures: number;
  /** Milliseconds to wait before the password is looked at. */
  slowdown: number;
}

/** Stands for all networks together. */
const everywhere = '*';

/**
 * Slows guessing without letting a stranger lock an owner out. Each account counts its failures by the network that they come from: after
 * some, that network must pause, longer each time, and nobody else. All networks together slow down those from which the account's
 * owner has never logged in, by seconds at most; they are never refused. An attempt is counted before its password is looked at, so
 * that many at once do not slip through.
 */
@Injectable()
export class LoginAttempts {
  constructor(private readonly data: Data) {}

  /** The account's name here: nothing is told of addresses that nobody has. */
  accountOf(tenantUuid: string, email: string): Buffer {
    return createHash('sha256').update(`${tenantUuid}\0${email.trim().toLowerCase()}`).digest();
  }

  /** Counts an attempt. Throws `auth.too_many_attempts` while the network must pause. */
  async begin(tenantUuid: string, account: Buffer, network: string, known: boolean): Promise<Attempt> {
    return this.data.transaction({ tenantUuid }, async (tx) => {
      const own = await this.count(tx, tenantUuid, account, network);
      const all = await this.count(tx, tenantUuid, account, everywhere);
      await tx.query(
        `update login_failures set blocked_until = now() + make_interval(secs => $4) where tenant_uuid = $1 and account_hash = $2 and network = $3`,
        [tenantUuid, account, network, pauseAfter(own)],
      );
      return { failures: own, slowdown: known ? 0 : slowdownAfter(all) };
    });
  }

  /** The attempt was right: the network begins anew, and the others are as before it. */
  async succeeded(tx: Tx, tenantUuid: string, account: Buffer, network: string): Promise<void> {
    await tx.query('delete from login_failures where tenant_uuid = $1 and account_hash = $2 and network = $3', [
      tenantUuid,
      account,
      network,
    ]);
    await tx.query(
      'update login_failures set failures = greatest(failures - 1, 0) where tenant_uuid = $1 and account_hash = $2 and network = $3',
      [tenantUuid, account, everywhere],
    );
  }

  private async count(tx: Tx, tenantUuid: string, account: Buffer, network: string): Promise<number> {
    // A row that must pause is not touched: whoever knocks meanwhile does not make it longer.
    const [row] = await tx.query<{ failures: number }>(
      `insert into login_failures as f (tenant_uuid, account_hash, network, failures, blocked_until, last_at) values ($1, $2, $3, 1, now(), now())
       on conflict (tenant_uuid, account_hash, network) do update
         set failures = case when f.last_at < now() - make_interval(secs => $4) then 1 else f.failures + 1 end, last_at = now()
         where f.blocked_until <= now()
       returning failures`,
      [tenantUuid, account, network, longestPause * 2],
    );
    if (row) return row.failures;
    const [blocked] = await tx.query<{ seconds: number }>(
      `select ceil(extract(epoch from blocked_until - now()))::int as seconds from login_failures where tenant_uuid = $1 and account_hash = $2 and network = $3`,
      [tenantUuid, account, network],
    );
    const seconds = Math.max(1, blocked?.seconds ?? 1);
    throw new Refused('auth.too_many_attempts', { params: { seconds }, retryAfterSeconds: seconds });
  }
}
