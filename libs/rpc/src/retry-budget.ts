const most = 200;
const perSuccess = 0.1;

/**
 * Keeps retries from adding to the load of a peer that is down (gRPC A6, Throttling Retry Attempts): each failure costs a token, each
 * success gives back a tenth, and with half of the tokens gone nothing is sent again. So a moment's absence is bridged, and a peer of
 * which more than one call in ten fails for long is left alone.
 */
export class RetryBudget {
  private tokens = most;

  succeeded(): void {
    this.tokens = Math.min(most, this.tokens + perSuccess);
  }

  /** Notes a failure, and says whether the call may be sent again. */
  mayRetry(): boolean {
    this.tokens = Math.max(0, this.tokens - 1);
    return this.tokens > most / 2;
  }
}
