import { logger } from '@tonegrid/rpc';
import { AttemptStore, type Ended } from './attempt.store';

/** In place of a text that the database does not take. */
const unwritable = 'The attempt failed.';

/**
 * Writes how attempts ended. While one statement runs the next outcomes gather and go together, so one fsync serves many. While the
 * database is away it tries on; if that lasts longer than the lease, the attempts are made again.
 */
export class OutcomeWriter {
  private waiting: { ended: Ended; done: () => void }[] = [];
  private writing = false;
  private giveUp = false;

  constructor(private readonly store: Pick<AttemptStore, 'end'>) {}

  /** Resolves when the outcome is written, or given up because the process ends. */
  write(ended: Ended): Promise<void> {
    return new Promise((done) => {
      this.waiting.push({ ended, done });
      void this.drain();
    });
  }

  /** From here on a failed write is not tried again. */
  stop(): void {
    this.giveUp = true;
  }

  private async drain(): Promise<void> {
    if (this.writing) return;
    this.writing = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, 500);
      await this.writeBatch(batch.map(({ ended }) => ended));
      batch.forEach(({ done }) => done());
    }
    this.writing = false;
  }

  private async writeBatch(batch: Ended[]): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        // Should a stranger's text be what the database refuses, the outcome counts more than the text.
        return await this.store.end(
          failures < 3 ? batch : batch.map((ended) => ({ ...ended, body: undefined, error: ended.error && unwritable })),
        );
      } catch (error) {
        logger.warn({ err: error, attempts: batch.length }, 'outcomes of webhook attempts could not be written');
        if (this.giveUp) return;
        await new Promise((resolve) => setTimeout(resolve, Math.min(200 * 2 ** failures, 2_000)));
      }
    }
  }
}
