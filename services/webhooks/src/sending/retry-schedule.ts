/** Longest wait that a subscriber can ask for with Retry-After; seconds. */
const longestWished = 24 * 3600;

/**
 * Seconds until the attempt after one that failed; undefined after the last, which makes the delivery dead.
 * @param retryCount of the attempt that failed: 0 for the first
 * @param schedule seconds after each failed attempt (reference, Webhooks, Retry policy)
 * @param wished Retry-After of an answer 429 or 503, in seconds: heeded when it is later than the schedule, up to a day
 */
export function delayAfter(retryCount: number, schedule: readonly number[], wished = 0): number | undefined {
  const planned = schedule[retryCount];
  return planned === undefined ? undefined : Math.max(planned, Math.min(wished, longestWished));
}
