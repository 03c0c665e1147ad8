import { Refused } from '@tonegrid/errors';
import { silent } from './silence';

interface DriverError extends Error {
  code?: string;
  constraint?: string;
  driverError?: DriverError;
}

/**
 * The error of the driver, also when TypeORM has wrapped it. By shape, not by instanceof: errors of Node's own sockets are of another
 * realm where code runs in a vm context.
 */
const driverErrorOf = (error: unknown): DriverError | undefined =>
  typeof error === 'object' && error !== null && 'message' in error
    ? ((error as DriverError).driverError ?? (error as DriverError))
    : undefined;

// PostgreSQL, appendix A. 40001 serialization failure, 40P01 deadlock: nothing was done, running the whole work again is right.
const again = new Set(['40001', '40P01']);
// 57P01..57P03, 57P05: shutting down, crashed, starting up, idle session ended. 53300: no connection left.
const away = new Set([
  '57P01', '57P02', '57P03', '57P05', '53300',
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN',
]); // prettier-ignore
const awayMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Connection ended unexpectedly',
  silent,
];

/** True if the work did nothing and may be run again as a whole. */
export const isRetryable = (error: unknown): boolean => again.has(driverErrorOf(error)?.code ?? '') || isStalePlan(error);

/** True if a migration changed the columns of a statement that the connection had prepared before it: another connection can run it. */
export function isStalePlan(error: unknown): boolean {
  const cause = driverErrorOf(error);
  return cause?.code === '0A000' && cause.message.includes('cached plan');
}

/** True if the database cannot be reached, or went away in the middle: whether a commit on its way succeeded is then unknown. */
export function isUnavailable(error: unknown): boolean {
  const cause = driverErrorOf(error);
  if (!cause) return false;
  const code = cause.code ?? '';
  return away.has(code) || /^08[0-9A-Z]{3}$/.test(code) || awayMessages.some((message) => cause.message.includes(message));
}

/** True for a violated unique index or primary key; with `constraint`, of that name. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const cause = driverErrorOf(error);
  return cause?.code === '23505' && (constraint === undefined || cause.constraint === constraint);
}

/** True for a violated foreign key; with `constraint`, of that name. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  const cause = driverErrorOf(error);
  return cause?.code === '23503' && (constraint === undefined || cause.constraint === constraint);
}

/** What the caller of the data layer gets to see of an error: `service.unavailable` (503) in place of a lost database. */
export function translated(error: unknown): unknown {
  if (error instanceof Refused || !isUnavailable(error)) return error;
  return unavailable(error);
}

/** 503, with the reason for the log alone: the database is usually back within a second or so. */
export function unavailable(cause: unknown): Refused {
  const refused = new Refused('service.unavailable', { retryAfterSeconds: 1 });
  refused.cause = cause;
  return refused;
}
