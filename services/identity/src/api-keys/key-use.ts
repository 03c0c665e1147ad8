import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Data } from '@tonegrid/data';
import { logger } from '@tonegrid/rpc';

const everyMs = 5_000;

/** When API keys were last used. It is for people: gathered and written now and then, it neither delays nor fails a call. */
@Injectable()
export class KeyUse implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private used = new Map<string, Date>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly data: Data) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.write(), everyMs);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.write();
  }

  note(uuid: string): void {
    this.used.set(uuid, new Date());
  }

  /** Keys in one order, so that two replicas do not wait for each other. */
  private async write(): Promise<void> {
    if (this.used.size === 0) return;
    const entries = [...this.used].sort(([a], [b]) => (a < b ? -1 : 1));
    this.used = new Map();
    try {
      await this.data.system((tx) =>
        tx.query(
          `update api_keys k set last_used_at = u.at from unnest($1::uuid[], $2::timestamptz[]) as u (uuid, at)
           where k.uuid = u.uuid and coalesce(k.last_used_at < u.at - interval '5 seconds', true)`,
          [entries.map(([uuid]) => uuid), entries.map(([, at]) => at.toISOString())],
        ),
      );
    } catch (error) {
      logger.warn({ err: error, keys: entries.length }, 'the use of API keys was not noted');
    }
  }
}
