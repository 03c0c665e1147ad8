/** Milliseconds after which an attempt under way makes its webhook a slow one. */
const slowAfterMs = 1_000;
/** Milliseconds that a webhook stays a slow one after a slow attempt, unless a quick one comes before. */
const slowForMs = 10 * 60_000;
/** Milliseconds that a webhook counts as a quick one after a quick attempt. */
const quickForMs = 10_000;
/** Milliseconds between looks for what can be forgotten. */
const forgetEveryMs = 1_000;
/** Attempts at once to a webhook that is slow, or of which nothing is known yet. */
const fewAtOnce = 2;

interface Lane {
  /** Attempt → when it began. */
  running: Map<string, number>;
  quickUntil: number;
  slowUntil: number;
}

/** A webhook and how many more attempts it may have now. */
export interface Room {
  webhook: string;
  room: number;
}

/**
 * How many attempts may be under way, so that one slow subscriber does not delay another: `total` in all, `perEndpoint` to one
 * webhook, two until it has answered quickly once; webhooks that keep us waiting get two each and half of the total together. In one
 * process; nothing here is kept.
 */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  /** Those with attempts under way. */
  private readonly busy = new Set<Lane>();
  private running = 0;
  private forgetAt = 0;

  constructor(
    private readonly total: number,
    private readonly perEndpoint: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Attempts that may begin now, to whichever webhooks. */
  get free(): number {
    return this.total - this.running;
  }

  /** Attempts that a webhook may have of which nothing is known. */
  get roomOfNew(): number {
    return Math.min(this.few, this.free);
  }

  /** Attempts that may begin now to one webhook. */
  room(webhook: string): number {
    const lane = this.lanes.get(webhook);
    if (!lane) return this.roomOfNew;
    const most = this.isSlow(lane) ? Math.min(this.few - lane.running.size, this.slowTotal - this.slowRunning()) : this.roomOfQuick(lane);
    return Math.max(0, Math.min(this.free, most));
  }

  /** The webhooks of which something is known, with what they may have together. */
  rooms(): Room[] {
    let slowLeft = this.slowTotal - this.slowRunning();
    return [...this.lanes].map(([webhook, lane]) => {
      if (!this.isSlow(lane)) return { webhook, room: Math.max(0, this.roomOfQuick(lane)) };
      const room = Math.max(0, Math.min(this.few - lane.running.size, slowLeft));
      slowLeft -= room;
      return { webhook, room };
    });
  }

  /** Whether an attempt to the webhook is under way. */
  isBusy(webhook: string): boolean {
    return (this.lanes.get(webhook)?.running.size ?? 0) > 0;
  }

  enter(webhook: string, attempt: string): void {
    let lane = this.lanes.get(webhook);
    if (!lane) this.lanes.set(webhook, (lane = { running: new Map(), quickUntil: 0, slowUntil: 0 }));
    lane.running.set(attempt, this.now());
    this.busy.add(lane);
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
    const quick = now - began < slowAfterMs;
    lane.quickUntil = quick ? now + quickForMs : 0;
    lane.slowUntil = quick ? 0 : now + slowForMs;
    if (lane.running.size === 0) this.busy.delete(lane);
    this.forgetIdle(now);
    return full;
  }

  private get few(): number {
    return Math.min(fewAtOnce, this.perEndpoint);
  }

  private get slowTotal(): number {
    return Math.max(1, Math.floor(this.total / 2));
  }

  private roomOfQuick({ quickUntil, running }: Lane): number {
    return (quickUntil > this.now() ? this.perEndpoint : this.few) - running.size;
  }

  private isSlow(lane: Lane): boolean {
    if (lane.slowUntil > this.now()) return true;
    const [oldest] = lane.running.values();
    return oldest !== undefined && this.now() - oldest >= slowAfterMs;
  }

  private slowRunning(): number {
    let running = 0;
    for (const lane of this.busy) if (this.isSlow(lane)) running += lane.running.size;
    return running;
  }

  private forgetIdle(now: number): void {
    if (now < this.forgetAt) return;
    this.forgetAt = now + forgetEveryMs;
    for (const [webhook, { running, quickUntil, slowUntil }] of this.lanes) {
      if (running.size === 0 && quickUntil <= now && slowUntil <= now) this.lanes.delete(webhook);
    }
  }
}
