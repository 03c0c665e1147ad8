/** What this library needs of a logger; pino's fits. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** An error as a log line shows it: its text, without a stack and without what it may carry along. */
export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
