import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Data } from '@tonegrid/data';
import { logger } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import type { WebhooksConfig } from '../config';

const everyMs = 10 * 60_000;
const portion = 5_000;
/** Days that a body outlives the log: as long as an attempt is shown, it can be sent again (AttemptStore keeps a body that is retried). */
const bodyDays = 1;

/** Removes attempts and bodies that are older than the log is kept, and the log of deleted webhooks. Any replica may run it. */
@Injectable()
export class SweepDeliveries implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly data: Data,
    @Inject(CONFIG) private readonly config: WebhooksConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweeping ??= this.sweep()
        .catch((error: unknown) => logger.warn({ err: error }, 'sweeping failed; it is tried again later'))
        .finally(() => (this.sweeping = undefined));
    }, everyMs);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.sweeping;
  }

  async sweep(): Promise<void> {
    const days = this.config.WEBHOOK_RETENTION_DAYS;
    await this.portions(
      `delete from deliveries where ctid = any(array(
         select ctid from deliveries where created_at < now() - $1 * interval '1 day' and status <> 'sending' order by created_at limit $2)) returning 1`,
      [days, portion],
    );
    await this.portions(
      `delete from messages where ctid = any(array(
         select ctid from messages where wanted_at < now() - $1 * interval '1 day' order by wanted_at limit $2)) returning 1`,
      [days + bodyDays, portion],
    );
    const deleted = await this.data.system((tx) =>
      tx.query<{ uuid: string; tenant_uuid: string }>('select uuid, tenant_uuid from webhooks where deleted_at is not null'),
    );
    for (const { uuid, tenant_uuid } of deleted) {
      await this.portions(
        `delete from deliveries where ctid = any(array(
           select ctid from deliveries where tenant_uuid = $1 and webhook_uuid = $2 limit $3)) returning 1`,
        [tenant_uuid, uuid, portion],
      );
      // An hour, so that an event which was dispatched while the webhook was deleted has left its rows before the last look.
      await this.portions(`delete from webhooks where uuid = $1 and deleted_at < now() - interval '1 hour' returning 1`, [uuid]);
    }
  }

  private async portions(sql: string, params: unknown[]): Promise<void> {
    for (let removed = portion; removed >= portion && !this.stopping;) {
      removed = (await this.data.system((tx) => tx.query(sql, params))).length;
    }
  }
}
