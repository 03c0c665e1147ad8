import { logger } from '@tonegrid/rpc';

/** Milliseconds beyond delay and grace for closing what is left: connections, the last traces. */
const closing = 4_000;

/** What ends the process, from its first moment on: signals are heard also while it starts, and as process 1 of a container. */
export interface Stopping {
  /** Settles with the signal that asks the process to end: SIGTERM or SIGINT. */
  readonly asked: Promise<NodeJS.Signals>;
}

/**
 * Hears signals, and ends the process with status 1 at an error that nobody has caught: after that nothing is certain, and what was
 * under way is in the database.
 */
export function hearSignals(): Stopping {
  for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(kind, (error: unknown) => {
      logger.fatal({ err: error, kind }, 'unexpected: the process ends so that nothing goes on half');
      process.exit(1);
    });
  }
  return {
    asked: new Promise((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
    }),
  };
}

/**
 * Stops in order and ends the process: status 0 when all was finished, 1 when something failed or took longer than delay, grace and a
 * moment to close.
 */
export async function stopAndExit(
  { SHUTDOWN_DELAY_MS, SHUTDOWN_GRACE_MS }: { SHUTDOWN_DELAY_MS: number; SHUTDOWN_GRACE_MS: number },
  stop: () => Promise<void>,
): Promise<never> {
  const within = SHUTDOWN_DELAY_MS + SHUTDOWN_GRACE_MS + closing;
  setTimeout(() => {
    logger.fatal({ within_ms: within }, 'could not stop in time');
    process.exit(1);
  }, within);
  try {
    await stop();
    logger.info('stopped');
    process.exit(0);
  } catch (error) {
    logger.fatal({ err: error }, 'could not stop in order');
    process.exit(1);
  }
}
