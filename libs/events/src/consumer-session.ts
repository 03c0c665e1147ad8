import { setMaxListeners } from 'node:events';
import type { JsMsg, NatsConnection } from 'nats';
import { Batches } from './batches';
import { parseCloudEvent } from './cloud-event';
import type { Located } from './handle-event';
import { Lanes } from './lanes';
import { every } from './pause';
import { isRevocationSubject } from './revocation';
import { flush, type StreamMessage } from './stream';

export interface ConsumerSessionOptions {
  nats: NatsConnection;
  stream: string;
  durable: string;
  /** Subjects that are wanted, with wildcards; messages of others are acknowledged unread. */
  subjects: string[];
  window: number;
  concurrency: number;
  /** Milliseconds between telling NATS that work goes on. */
  keepAliveEvery: number;
  /** Resolves when the event is handled or given up. Rejects when no more can be handled. */
  handle(located: Located, ending: AbortSignal): Promise<void>;
  /** How events are handled together: at most so many, and milliseconds from one batch to the next, see Batches. Without it each is handled by itself. */
  together?: {
    most: number;
    every: number;
    /** Gives false when none of the events is handled and each is to be handled by itself. Rejects when no more can be handled. */
    handle(all: Located[], ending: AbortSignal): Promise<boolean>;
  };
  onUnreadable(seq: number): void;
}

/** A message that was delivered, until everything up to it is handled. */
interface Delivered extends StreamMessage {
  message: JsMsg;
  located: Located | undefined;
  done: boolean;
}

/** Events of one lane are handled one after the other. */
const laneOf = ({ located, seq }: Delivered): string => located?.event.subject ?? `message ${seq}`;

const hasEvent = (delivered: Delivered): delivered is Delivered & { located: Located } => delivered.located !== undefined;

/** Milliseconds that acknowledgements are gathered: each sent for itself is a write to the socket and wakes the server. */
const ackEvery = 50;

/** Reads a durable over one connection, from its beginning in order, and hands the events to their lanes, or many together to who handles many. */
export class ConsumerSession {
  private readonly open = new Map<number, Delivered>();
  private floor: StreamMessage | undefined;
  private highest = 0;
  /** Handled, and not yet acknowledged. */
  private acks: JsMsg[] = [];
  private acking: NodeJS.Timeout | undefined;
  private readonly ending = new AbortController();
  private readonly lanes: Lanes<Delivered>;
  private readonly batches: Batches<Delivered> | undefined;
  private fail: (error: unknown) => void = () => undefined;

  constructor(private readonly options: ConsumerSessionOptions) {
    // Each handler that waits to try again listens to it; that is no leak.
    setMaxListeners(0, this.ending.signal);
    this.lanes = new Lanes(options.concurrency, laneOf, (delivered) => this.work(delivered));
    const { together } = options;
    this.batches =
      together &&
      new Batches(together.most, together.every, (batch) => this.workTogether(batch, (all) => together.handle(all, this.ending.signal)));
  }

  /** The last message of this session up to which everything is handled. */
  reached(): StreamMessage | undefined {
    return this.floor;
  }

  /** Seconds since the stream took the oldest event that is delivered and not handled; 0 when there is none. */
  lag(): number {
    const [oldest] = this.open.values();
    return oldest ? Math.max(0, Date.now() - oldest.time / 1e6) / 1000 : 0;
  }

  /**
   * Reads until the signal comes or something fails (then rejects); in both cases handlers that run are waited for, and what has
   * not begun is given back. `alongside` is begun with it and ends with it; what it throws ends the session.
   */
  async run(signal: AbortSignal, alongside: (over: AbortSignal) => Promise<void>[]): Promise<void> {
    const { nats, stream, durable, window, keepAliveEvery } = this.options;
    const consumer = await nats.jetstream().consumers.get(stream, durable);
    const over = this.ending.signal;
    const end = () => this.ending.abort();
    const failed = new Promise<never>((_, reject) => (this.fail = reject));
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const ended = new Promise<void>((resolve) => over.addEventListener('abort', () => resolve(), { once: true }));
    const messages = await consumer.consume({
      max_messages: window,
      expires: 10_000,
      idle_heartbeat: 2_000,
      bind: true,
      callback: (message) => this.take(message),
    });
    void messages.closed().then((error) => this.fail(error ?? new Error('the subscription was closed')));
    void nats.closed().then((error) => this.fail(error ?? new Error('the NATS connection was closed')));
    const beside = [every(keepAliveEvery, over, async () => this.keepAlive()), ...alongside(over)];
    try {
      await Promise.race([failed, over.aborted ? undefined : ended, ...beside]);
    } finally {
      signal.removeEventListener('abort', end);
      end();
      messages.stop();
      await Promise.all([this.batches?.stop(), this.lanes.stop()]);
      await Promise.allSettled(beside);
      this.acknowledge();
      if (!nats.isClosed()) {
        for (const { message, done } of this.open.values()) if (!done) message.nak();
        await flush(nats).catch(this.fail);
      }
    }
  }

  private take(message: JsMsg): void {
    const { seq } = message;
    if (seq <= this.highest) {
      // Delivered again: what is handled is acknowledged again, the rest is still in its lane.
      if (this.open.get(seq)?.done ?? true) message.ack();
      return;
    }
    this.highest = seq;
    const time = message.info.timestampNanos;
    const id = message.headers?.get('Nats-Msg-Id') ?? '';
    const wanted = !isRevocationSubject(message.subject) && this.options.subjects.some((pattern) => matches(pattern, message.subject));
    const event = wanted ? parseCloudEvent(message.string()) : undefined;
    const traceparent = message.headers?.get('traceparent') || undefined;
    const delivered = { seq, time, id, message, located: event && { event, seq, time, traceparent }, done: false };
    this.open.set(seq, delivered);
    if (event) (this.batches ?? this.lanes).add(delivered);
    else {
      if (wanted) this.options.onUnreadable(seq);
      this.finish(delivered);
    }
  }

  private async work(delivered: Delivered): Promise<void> {
    if (this.ending.signal.aborted || !delivered.located) return;
    try {
      await this.options.handle(delivered.located, this.ending.signal);
      this.finish(delivered);
    } catch (error) {
      this.fail(error);
      // Later events of this lane must not overtake: no more are begun.
      this.ending.abort();
    }
  }

  private async workTogether(batch: Delivered[], handle: (all: Located[]) => Promise<boolean>): Promise<void> {
    // As in a lane: what comes later must not overtake what has failed.
    if (this.ending.signal.aborted) return;
    const together: (Delivered & { located: Located })[] = [];
    for (const delivered of batch) {
      // What is about something that is still in a lane, after a failure, must not overtake it.
      if (hasEvent(delivered) && !this.lanes.has(laneOf(delivered))) together.push(delivered);
      else this.lanes.add(delivered);
    }
    if (together.length === 0) return;
    try {
      const handled = await handle(together.map(({ located }) => located));
      for (const delivered of together) {
        if (handled) this.finish(delivered);
        else this.lanes.add(delivered);
      }
    } catch (error) {
      this.fail(error);
      this.ending.abort();
    }
  }

  private finish(delivered: Delivered): void {
    delivered.done = true;
    this.acks.push(delivered.message);
    // NATS gives out no more than the window: a good part of it must not wait.
    if (this.acks.length >= this.options.window / 4) this.acknowledge();
    else this.acking ??= setTimeout(() => this.acknowledge(), ackEvery);
    // The map keeps the order of delivery, which is that of the stream.
    for (const first of this.open.values()) {
      if (!first.done) break;
      this.open.delete(first.seq);
      this.floor = { seq: first.seq, time: first.time, id: first.id };
    }
  }

  private acknowledge(): void {
    clearTimeout(this.acking);
    this.acking = undefined;
    const acks = this.acks.splice(0);
    if (!this.options.nats.isClosed()) for (const message of acks) message.ack();
  }

  private keepAlive(): void {
    if (this.options.nats.isClosed()) return;
    for (const { message, done } of this.open.values()) if (!done) message.working();
  }
}

/** Whether a NATS pattern (`*` one token, `>` at the end the rest) matches a subject. */
export function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  for (const [n, want] of wanted.entries()) {
    if (want === '>') return tokens.length > n;
    if (tokens[n] === undefined || (want !== '*' && want !== tokens[n])) return false;
  }
  return wanted.length === tokens.length;
}
