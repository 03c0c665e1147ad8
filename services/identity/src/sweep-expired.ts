import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Data } from '@tonegrid/data';
import { logger } from '@tonegrid/rpc';

const everyMs = 10 * 60_000;

/** Removes tokens that ended more than a day ago, failed logins that no longer count, and networks that nobody used for half a year. */
@Injectable()
export class SweepExpired implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly data: Data) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweep().catch((error: unknown) => logger.warn({ err: error }, 'sweeping failed; it is tried again later'));
    }, everyMs);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async sweep(): Promise<void> {
    await this.data.system(async (tx) => {
      await tx.query(`delete from access_tokens where expires_at < now() - interval '1 day'`);
      await tx.query(`delete from refresh_tokens where expires_at < now() - interval '1 day'`);
      await tx.query(
        `delete from token_families f where created_at < now() - interval '2 days'
         and not exists (select from refresh_tokens r where r.family_uuid = f.uuid) and not exists (select from access_tokens a where a.family_uuid = f.uuid)`,
      );
      await tx.query(`delete from login_failures where last_at < now() - interval '1 day'`);
      await tx.query(`delete from known_networks where last_seen_at < now() - interval '180 days'`);
    });
  }
}
