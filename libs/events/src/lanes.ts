/**
 * Work in lanes: of one key one after the other in the order of `add`, of different keys at once, up to a number. Work must
 * not throw. After `stop`, what has not begun is given back.
 */
export class Lanes<T> {
  private readonly waiting = new Map<string, T[]>();
  private ready: T[] = [];
  private running = 0;
  private stopped = false;
  private idle: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly keyOf: (item: T) => string,
    private readonly work: (item: T) => Promise<void>,
  ) {}

  add(item: T): void {
    const key = this.keyOf(item);
    const queue = this.waiting.get(key);
    if (queue) queue.push(item);
    else {
      this.waiting.set(key, []);
      this.ready.push(item);
      this.next();
    }
  }

  /** Whether something of this key runs or waits. */
  has(key: string): boolean {
    return this.waiting.has(key);
  }

  /** Begins no more, waits for what runs, and gives what has not begun. */
  async stop(): Promise<T[]> {
    this.stopped = true;
    if (this.running > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    return [...this.ready, ...[...this.waiting.values()].flat()];
  }

  private next(): void {
    while (!this.stopped && this.running < this.atOnce && this.ready.length > 0) void this.run(this.ready.shift()!);
    if (this.running === 0) this.idle.splice(0).forEach((resolve) => resolve());
  }

  private async run(item: T): Promise<void> {
    this.running++;
    await this.work(item);
    this.running--;
    const key = this.keyOf(item);
    const following = this.waiting.get(key)?.shift();
    if (following === undefined) this.waiting.delete(key);
    else this.ready.push(following);
    this.next();
  }
}
