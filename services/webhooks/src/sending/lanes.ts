/** Milliseconds after which an attempt under way makes its webhook a slow one. */
const slowAfterMs = 1_000;
/** Milliseconds that a webhook stays a slow one after a slow attempt, unless a quick one comes before. */
const slowForMs = 10 * 60_000;
/** Attempts at once to one slow webhook. */
const slowAtOnce = 2;

interface Lane {
  /** Attempt → when it began. */
  running: Map<string, number>;
  slowUntil: number;
}

/**
 * How many attempts may be under way, so that one slow subscriber does not delay another: `total` in all, `perEndpoint` to one
 * webhook; webhooks that keep us waiting get two each and half of the total together. In one process; nothing here is kept.
 */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private running = 0;

  constructor(
    private readonly total: number,
    private readonly perEndpoint: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Attempts that may begin now, to whichever webhooks. */
  get free(): number {
    return this.total - this.running;
  }

  get underWay(): number {
    return this.running;
  }

  /** Attempts that may begin now to one webhook. */
  room(webhook: string): number {
    const lane = this.lanes.get(webhook);
    if (!lane) return Math.min(this.free, this.perEndpoint);
    return Math.max(0, Math.min(this.free, this.isSlow(lane) ? this.slowRoom(lane) : this.perEndpoint - lane.running.size));
  }

  /** The webhooks that may not have `perEndpoint` attempts now, with what they may have. */
  limited(): { webhook: string; room: number }[] {
    let slowLeft = this.slowTotal - this.slowRunning();
    return [...this.lanes].map(([webhook, lane]) => {
      if (!this.isSlow(lane)) return { webhook, room: Math.max(0, this.perEndpoint - lane.running.size) };
      const room = Math.max(0, Math.min(slowAtOnce - lane.running.size, slowLeft));
      slowLeft -= room;
      return { webhook, room };
    });
  }

  enter(webhook: string, attempt: string): void {
    let lane = this.lanes.get(webhook);
    if (!lane) this.lanes.set(webhook, (lane = { running: new Map(), slowUntil: 0 }));
    lane.running.set(attempt, this.now());
    this.running += 1;
  }

  /** Says whether the webhook had no room left until now: then more may wait for it. */
  leave(webhook: string, attempt: string): boolean {
    const full = this.room(webhook) === 0;
    const lane = this.lanes.get(webhook);
    const began = lane?.running.get(attempt);
    if (!lane || began === undefined) throw new Error(`attempt ${attempt} is not under way`);
    lane.running.delete(attempt);
    this.running -= 1;
    const now = this.now();
    lane.slowUntil = now - began >= slowAfterMs ? now + slowForMs : 0;
    this.forgetIdle(now);
    return full;
  }

  private get slowTotal(): number {
    return Math.max(1, Math.floor(this.total / 2));
  }

  private slowRoom(lane: Lane): number {
    return Math.min(Math.min(slowAtOnce, this.perEndpoint) - lane.running.size, this.slowTotal - this.slowRunning());
  }

  private isSlow(lane: Lane): boolean {
    if (lane.slowUntil > this.now()) return true;
    const [oldest] = lane.running.values();
    return oldest !== undefined && this.now() - oldest >= slowAfterMs;
  }

  private slowRunning(): number {
    let running = 0;
    for (const lane of this.lanes.values()) if (this.isSlow(lane)) running += lane.running.size;
    return running;
  }

  private forgetIdle(now: number): void {
    for (const [webhook, lane] of this.lanes) if (lane.running.size === 0 && lane.slowUntil <= now) this.lanes.delete(webhook);
  }
}
