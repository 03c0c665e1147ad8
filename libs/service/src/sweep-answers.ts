import type { Data } from '@tonegrid/data';
import { sweepIdempotency } from '@tonegrid/idempotency';
import { logger } from '@tonegrid/rpc';

const everyMs = 10 * 60_000;

/** Removes answers to Idempotency-Keys older than 24 hours, now and then; answers a function that ends it. */
export function sweepAnswers(data: Data): () => void {
  const timer = setInterval(() => {
    sweepIdempotency(data).catch((error: unknown) => logger.warn({ err: error }, 'sweeping failed; it is tried again later'));
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
