import type { Patience } from '@tonegrid/outbound';

/** How fetching keeps time. */
export interface FetchTiming {
  /** Seconds after each failed attempt until the next; one more attempt than there are numbers. */
  retrySeconds: readonly number[];
  /** Longest pause that another side can ask for with Retry-After; seconds. */
  longestWishSeconds: number;
  /** A file belongs to its worker for so long at a time; seconds. The holder asks for more at a third of it. */
  leaseSeconds: number;
  /** Longest time for one attempt; milliseconds. */
  wholeMs: number;
  patience: Patience;
}

/** Where providers get their FetchTiming. */
export const FETCH_TIMING = Symbol('catalog.fetch-timing');

const minutes = 60;
const hours = 60 * minutes;

/** In production eight attempts over some eight hours; in the sandbox as many, short enough to be watched. */
export function fetchTiming({ TONEGRID_ENV }: { TONEGRID_ENV: 'sandbox' | 'production' }): FetchTiming {
  const sandbox = TONEGRID_ENV === 'sandbox';
  return {
    retrySeconds: sandbox ? [1, 2, 4, 8, 15, 30, 60] : [minutes, 5 * minutes, 15 * minutes, 30 * minutes, hours, 2 * hours, 4 * hours],
    longestWishSeconds: sandbox ? 2 * minutes : 12 * hours,
    leaseSeconds: sandbox ? 10 : minutes,
    wholeMs: (sandbox ? 10 * minutes : 3 * hours) * 1000,
    patience: { connectMs: 10_000, headersMs: 30_000, silenceMs: 30_000 },
  };
}

/** Seconds until the next attempt after so many failures; undefined after the last. Retry-After (`wished`) delays, never hastens. */
export function secondsAfter(failures: number, wished: number, { retrySeconds, longestWishSeconds }: FetchTiming): number | undefined {
  const planned = retrySeconds[failures - 1];
  return planned === undefined ? undefined : Math.max(planned, Math.min(wished, longestWishSeconds));
}
