import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Data, type Tx } from '@tonegrid/data';
import { logger } from '@tonegrid/rpc';
import type { Storage } from '@tonegrid/storage';
import { STORAGE } from '../storage';
import { deleteAsset, forgetUpload, staleUploads, unusedAssets } from './asset.store';

const everyMs = 3_600_000;
const firstAfterMs = 60_000;
/** No upload takes this long. */
const staleAfter = '24 hours';
/** A delivery that was prepared with a file may still be reading it. */
const unusedAfter = '7 days';
const portion = 100;

/** Removes files that nothing shows: what crashes left in storage, and what was replaced or deleted. Any replica may run it. */
@Injectable()
export class SweepAssets implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<number> | undefined;
  private stopping = false;

  constructor(
    private readonly data: Data,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(firstAfterMs);
  }

  /** Waits for the file that is under way: the connection to the database is closed next. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.sweeping?.catch(() => undefined);
  }

  /** Runs a sweep to its end, or joins the one that runs; answers how many files were removed. */
  run(): Promise<number> {
    return (this.sweeping ??= this.sweep().finally(() => (this.sweeping = undefined)));
  }

  private async sweep(): Promise<number> {
    const uploads = await this.inPortions(
      (tx) => staleUploads(tx, staleAfter, portion),
      (tx, { storage_key }) => forgetUpload(tx, storage_key),
    );
    const unused = await this.inPortions(
      (tx) => unusedAssets(tx, unusedAfter, portion),
      (tx, { uuid }) => deleteAsset(tx, uuid),
    );
    return uploads + unused + (this.stopping ? 0 : await this.storage.sweep(24 * 3_600_000));
  }

  // The file goes before its row: if the process dies in between, the row is found again and nothing is left to remove.
  private async inPortions<R extends { storage_key: string }>(
    find: (tx: Tx) => Promise<R[]>,
    forget: (tx: Tx, row: R) => Promise<unknown>,
  ): Promise<number> {
    for (let removed = 0; ;) {
      const gone = await this.data.system(async (tx) => {
        const rows = this.stopping ? [] : await find(tx);
        let count = 0;
        for (const row of rows) {
          if (this.stopping) break;
          await this.storage.delete(row.storage_key);
          await forget(tx, row);
          count += 1;
        }
        return count;
      });
      removed += gone;
      if (gone < portion) return removed;
    }
  }

  private schedule(afterMs: number): void {
    this.timer = setTimeout(() => {
      this.run()
        .then(
          (removed) => removed > 0 && logger.info({ removed }, 'unused files removed'),
          (error: unknown) => logger.warn({ err: error }, 'files could not be swept'),
        )
        .finally(() => !this.stopping && this.schedule(everyMs));
    }, afterMs);
    this.timer.unref();
  }
}
