import type { LoggerService } from '@nestjs/common';
import { logger } from '@tonegrid/rpc';

/** Nest's own messages as lines of our log; its start-up chatter is debug. */
export const nestLogger: LoggerService = {
  log: (message: unknown) => logger.debug({ nest: true }, String(message)),
  debug: (message: unknown) => logger.debug({ nest: true }, String(message)),
  verbose: (message: unknown) => logger.trace({ nest: true }, String(message)),
  warn: (message: unknown) => logger.warn({ nest: true }, String(message)),
  error: (message: unknown, ...rest: unknown[]) => logger.error({ nest: true, rest }, String(message)),
  fatal: (message: unknown, ...rest: unknown[]) => logger.fatal({ nest: true, rest }, String(message)),
};
