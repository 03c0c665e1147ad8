import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { logger } from '@tonegrid/rpc';
import type { Journal } from './journal';

const hourMs = 3_600_000;

/**
 * Removes audio and pictures of deliveries that are done with and older than `keepHours`; messages, manifests and the journal stay. Runs
 * now and every hour. Gives what stops it.
 */
export function dropOldFiles(journal: Journal, dataDir: string, keepHours: number): () => void {
  const dropped = new Set<string>();
  const sweep = async (): Promise<void> => {
    const oldest = new Date(Date.now() - keepHours * hourMs).toISOString();
    for (const delivery of journal.all()) {
      const isDone = delivery.checked_at !== null && delivery.reports.every((report) => report.sent_at !== null || report.gave_up !== null);
      if (!isDone || delivery.received_at > oldest || dropped.has(delivery.folder)) continue;
      for (const file of delivery.files) await rm(join(dataDir, delivery.folder, file.path), { force: true });
      dropped.add(delivery.folder);
    }
  };
  const run = (): void => void sweep().catch((error: unknown) => logger.warn({ err: error }, 'old files could not be removed'));
  run();
  const timer = setInterval(run, hourMs);
  timer.unref();
  return () => clearInterval(timer);
}
