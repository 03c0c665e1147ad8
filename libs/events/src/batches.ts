/**
 * Work on whatever has gathered: one batch at a time, in the order of `add`, so that while one is worked on the next gathers. What comes
 * after a quiet moment is begun at once. Work must not throw. After `stop` none is begun.
 */
export class Batches<T> {
  private gathered: T[] = [];
  private running: Promise<void> | undefined;
  private began = -Infinity;
  private soon: NodeJS.Immediate | undefined;
  private later: NodeJS.Timeout | undefined;
  private stopped = false;

  /**
   * @param most items in one batch
   * @param every milliseconds from the beginning of one batch to that of the next, at least; a full batch is not kept waiting
   */
  constructor(
    private readonly most: number,
    private readonly every: number,
    private readonly work: (batch: T[]) => Promise<void>,
  ) {}

  add(item: T): void {
    this.gathered.push(item);
    this.next();
  }

  /** Begins no more, waits for what runs, and gives what was not begun. */
  async stop(): Promise<T[]> {
    this.stopped = true;
    this.forgetTimers();
    await this.running;
    return this.gathered.splice(0);
  }

  private next(): void {
    if (this.stopped || this.running || this.soon || this.gathered.length === 0) return;
    const wait = this.gathered.length < this.most ? this.began + this.every - performance.now() : 0;
    if (wait > 0) this.later ??= setTimeout(() => this.begin(), wait);
    // Not within `add`: what arrived in the same packet comes along.
    else this.soon = setImmediate(() => this.begin());
  }

  private begin(): void {
    this.forgetTimers();
    this.began = performance.now();
    this.running = this.work(this.gathered.splice(0, this.most)).then(() => {
      this.running = undefined;
      this.next();
    });
  }

  private forgetTimers(): void {
    clearImmediate(this.soon);
    clearTimeout(this.later);
    this.soon = this.later = undefined;
  }
}
