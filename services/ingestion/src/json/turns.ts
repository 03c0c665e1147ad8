import { Refused } from '@tonegrid/errors';

/** Lets at most so many do their work at once; the others wait in the order in which they came. */
export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly atOnce: number) {}

  /** Refuses with `service.unavailable`, without having begun, when the signal has come by the time that it is its turn. */
  async take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.running < this.atOnce) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      if (signal?.aborted) throw new Refused('service.unavailable', { retryAfterSeconds: 1 });
      return await work();
    } finally {
      // The turn goes over to the next, or ends.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
