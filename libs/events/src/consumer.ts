import { SpanStatusCode, context, trace } from '@opentelemetry/api';
import type { Data, Tx } from '@tonegrid/data';
import { AckPolicy, DeliverPolicy, nanos, type ConnectionOptions, type JetStreamManager, type StreamInfo } from 'nats';
import type { Registry } from 'prom-client';
import type { CloudEvent } from './cloud-event';
import { ConsumerSession } from './consumer-session';
import { errorText, replayDeadLetters } from './dead-letters';
import { bury, handleOnce, handleTogether, isPassing, Superseded, toReceived, type Located, type ReceivedEvent } from './handle-event';
import { lead, type LeaderConnection } from './leadership';
import { reason, type Log } from './log';
import { consumerMetrics, type ConsumerMetrics } from './metrics';
import { delayAfter, every, pause } from './pause';
import { beginEpoch, findStart, savePosition, standsOn } from './position';
import { connectOnce, deleteConsumer, ensureStream, streamDefaults, subjectOf, type StreamSettings } from './stream';
import { processSpan } from './tracing';

export interface ConsumerOptions {
  data: Data;
  /** DATABASE_URL, a direct connection: each consumer holds its lead on one of its own. */
  databaseUrl: string;
  /** How to reach NATS: `{ servers: NATS_URL }`. */
  nats: ConnectionOptions;
  /** TONEGRID_ENV. */
  env: string;
  log: Log;
  registry: Registry;
  stream?: Partial<StreamSettings>;
}

export interface SubscriptionOptions {
  /** The durable's name, unique in the environment: `webhooks-dispatch`. Renaming it makes a new consumer that begins with the oldest event. */
  durable: string;
  /** Event types, with NATS wildcards: `release.>`. */
  filter: string[];
  /** Handle in a transaction over all tenants in place of the event's tenant. Who handles many together always does. */
  everyTenant?: boolean;
  /** Subjects handled at once; 16 by default. Of who handles many together: of the events that must be handled by themselves. */
  concurrency?: number;
  /**
   * Of who handles many together: how many at most, and the milliseconds from the beginning of one batch to that of the next unless it is
   * full; 128 and 100 by default. An event that comes after a quiet moment is not kept waiting.
   */
  batch?: { most: number; every: number };
  /** Events fetched and not yet handled, at most; 512 by default. */
  window?: number;
  /** Attempts at one event before it goes to `dead_letters`, and the delays between them in milliseconds; 8, from 200 to 30,000. */
  retry?: { attempts: number; first: number; most: number };
  /** Milliseconds that the inbox remembers; 14 days by default, and never less than the stream's age plus a day. */
  rememberFor?: number;
  /** Milliseconds between sweeps of the inbox; 10 minutes by default. */
  sweepEvery?: number;
  /** Milliseconds between looks for dead letters that are to be handled again; 5,000 by default. */
  replayEvery?: number;
  /** Milliseconds between looks whether the stream still is what was handled; 15,000 by default. */
  checkEvery?: number;
}

/** Who handles each event by itself. */
export interface HandlesOne {
  /** Runs in the transaction of the inbox row: whatever it writes (also to the outbox) counts once. Effects outside may happen twice. */
  handle(tx: Tx, event: ReceivedEvent): Promise<void>;
  /**
   * Asked before the event is handled, outside of a transaction, and not in turn: an event that it declines is passed over and has no
   * inbox row. For who gets many events and handles few. When the stream has gone back it may be asked again.
   */
  wanted?(event: ReceivedEvent): Promise<boolean>;
  handleAll?: undefined;
}

/** Who handles many events in one transaction, so that a burst of them costs few. */
export interface HandlesMany {
  /**
   * Runs in the transaction of the inbox rows of all these events, which are of any tenants, in the order of the stream and none of them handled before:
   * over all tenants. When it fails, each of them is handled by itself, in a list of one, as often as may be; so what it writes for
   * several must be what it would write for one after the other. Other transactions of it run at the same time only for events of other
   * subjects: rows that such events share are to be locked in one fixed order.
   */
  handleAll(tx: Tx, events: ReceivedEvent[]): Promise<void>;
  handle?: undefined;
  wanted?: undefined;
}

export type Subscription = SubscriptionOptions & (HandlesOne | HandlesMany);

const day = 24 * 3600_000;
/** Milliseconds until NATS delivers an unacknowledged event again; it is told in time that work goes on. */
const ackWait = 60_000;

/**
 * Handles the events of the stream, each once and in order for each subject. Any number may run; one of them (the leader in the
 * service's database) handles. docs/adr/0005-outbox-relay-and-rewind.md says why its position is kept in PostgreSQL.
 */
export class Consumer {
  private readonly stopping = new AbortController();
  private readonly metrics: ConsumerMetrics;
  private running: Promise<void> | undefined;
  private role: 'stopped' | 'standby' | 'leader' = 'stopped';
  private consuming = false;
  private problem: string | undefined;

  constructor(
    private readonly options: ConsumerOptions,
    private readonly subscription: Subscription,
  ) {
    if (!/^[A-Za-z0-9_-]+$/.test(subscription.durable)) throw new Error(`not a durable's name: "${subscription.durable}"`);
    if (subscription.filter.length === 0) throw new Error(`consumer ${subscription.durable} has no filter`);
    this.metrics = consumerMetrics(options.registry);
  }

  /** Begins in the background; returns at once. PostgreSQL and NATS need not be there yet. */
  start(): void {
    const { databaseUrl, log } = this.options;
    const name = `consumer:${this.subscription.durable}`;
    this.role = 'standby';
    this.running ??= lead({ databaseUrl, name, log, signal: this.stopping.signal }, (pg, signal) => this.consume(pg, signal));
  }

  /** Finishes the handlers that run, gives the rest back, and the lead to another. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.role = 'stopped';
  }

  health(): { role: 'stopped' | 'standby' | 'leader'; consuming: boolean; problem: string | undefined } {
    return { role: this.role, consuming: this.consuming, problem: this.problem };
  }

  private async consume(pg: LeaderConnection, signal: AbortSignal): Promise<void> {
    const { log } = this.options;
    const { durable } = this.subscription;
    this.role = 'leader';
    this.metrics.leading.set({ consumer: durable }, 1);
    const sweeping = every(this.subscription.sweepEvery ?? 600_000, signal, () =>
      this.forget(pg, signal).catch((error: unknown) =>
        log.warn({ consumer: durable, reason: reason(error) }, 'sweeping the inbox failed'),
      ),
    );
    try {
      for (let failures = 0; !signal.aborted;) {
        const began = Date.now();
        try {
          await this.session(pg, signal);
        } catch (error) {
          failures = Date.now() - began > 10_000 ? 1 : failures + 1;
          this.problem = reason(error);
          log.warn({ consumer: durable, reason: this.problem, failures }, 'consuming interrupted');
          await pause(delayAfter(failures, 50, 2000), signal);
        }
      }
    } finally {
      this.role = 'standby';
      this.metrics.leading.set({ consumer: durable }, 0);
      // Whoever leads next tells of the backlog.
      this.metrics.pending.remove({ consumer: durable });
      this.metrics.lag.remove({ consumer: durable });
      await sweeping;
    }
  }

  /** One connection to NATS: find where to begin, make the durable anew there, handle until something fails or the signal comes. */
  private async session(pg: LeaderConnection, signal: AbortSignal): Promise<void> {
    const { env, log } = this.options;
    const { durable, window = 512, concurrency = 16, batch = { most: 128, every: 100 } } = this.subscription;
    const handleAll = this.subscription.handleAll && this.subscription.handleAll.bind(this.subscription);
    const nats = await connectOnce(this.options.nats, `tonegrid ${durable}`);
    try {
      const jsm = await nats.jetstreamManager();
      const info = await ensureStream(jsm, env, this.options.stream);
      const { epoch, position } = await beginEpoch(pg, durable);
      const { start, rewound } = await findStart(pg, jsm, info, durable, position);
      if (rewound) {
        this.metrics.rewound.inc({ consumer: durable });
        log.error({ consumer: durable, position: position?.seq, start }, 'the stream has gone back: reading again what was handled');
      }
      await this.makeDurable(jsm, info, start, window);
      const session = new ConsumerSession({
        nats,
        stream: info.config.name,
        durable,
        subjects: this.subscription.filter.map((pattern) => subjectOf(env, pattern)),
        window,
        concurrency,
        keepAliveEvery: ackWait / 4,
        handle: (located, ending) => this.handle(epoch, located, ending),
        together: handleAll && { ...batch, handle: (all, ending) => this.handleTogether(epoch, all, handleAll, ending) },
        onUnreadable: (seq) => log.error({ consumer: durable, seq }, 'a message of the stream is not an event: passed over'),
      });
      const save = async () => {
        this.metrics.lag.set({ consumer: durable }, session.lag());
        const reached = session.reached();
        if (reached) await savePosition(pg, durable, epoch, { ...reached, streamCreated: info.created });
      };
      this.problem = undefined;
      this.consuming = true;
      try {
        await session.run(signal, (over) => [
          every(1000, over, save),
          every(this.subscription.checkEvery ?? 15_000, over, () => this.check(jsm, info, session)),
          every(this.subscription.replayEvery ?? 5_000, over, () =>
            this.replay(over).catch((error: unknown) =>
              log.warn({ consumer: durable, reason: reason(error) }, 'dead letters could not be looked for'),
            ),
          ),
        ]);
      } finally {
        this.consuming = false;
        await save();
      }
    } finally {
      await nats.close();
    }
  }

  // The durable of an earlier session knows which events it has given out and waits for their acknowledgement, while it would
  // give later ones of the same subjects to us at once. One that is made anew begins at our position and gives all in order.
  private async makeDurable(jsm: JetStreamManager, info: StreamInfo, start: number, window: number): Promise<void> {
    const { durable, filter } = this.subscription;
    const stream = info.config.name;
    await deleteConsumer(jsm, stream, durable);
    await jsm.consumers.add(stream, {
      durable_name: durable,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: start,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWait),
      max_ack_pending: window,
      // NATS 2.9 knows one filter a consumer: of several, the session picks.
      filter_subject: subjectOf(this.options.env, filter.length === 1 ? filter[0]! : '>'),
    });
  }

  /** Rejects if the stream no longer has what was handled, or the durable is gone. */
  private async check(jsm: JetStreamManager, info: StreamInfo, session: ConsumerSession): Promise<void> {
    const stream = info.config.name;
    const { durable } = this.subscription;
    const now = await jsm.streams.info(stream);
    const reached = session.reached();
    if (now.created !== info.created || (reached && !(await standsOn(jsm, now, { ...reached, streamCreated: info.created })))) {
      throw new Error('the stream is no longer what was handled');
    }
    const consumer = await jsm.consumers.info(stream, durable);
    this.metrics.pending.set({ consumer: durable }, consumer.num_pending + consumer.num_ack_pending);
  }

  /** Handles one event for as long as it takes. Resolves when it is handled or given up; rejects when the session is over. */
  private handle(epoch: string, located: Located, ending: AbortSignal): Promise<void> {
    return this.inSpans([located], () => this.attempt(epoch, located, ending));
  }

  /**
   * Tries once to handle events together. Gives false if that failed: none of them is handled, and this was no attempt at any of them, since
   * it is not known which is to blame. Rejects when the session is over.
   */
  private async handleTogether(
    epoch: string,
    all: Located[],
    handleAll: (tx: Tx, events: ReceivedEvent[]) => Promise<void>,
    ending: AbortSignal,
  ): Promise<boolean> {
    const { data, log } = this.options;
    const { durable: consumer } = this.subscription;
    const [first, second] = all;
    try {
      const fresh = await this.inSpans(all, async () => {
        if (second) return handleTogether(data, consumer, epoch, all, handleAll);
        // Alone it need not wait to hear whether it is fresh.
        return (await handleOnce(data, consumer, epoch, first!, true, (tx, event) => handleAll(tx, [event]))) ? all : [];
      });
      for (const { event } of fresh) this.metrics.handled.inc({ consumer, type: event.type });
      if (fresh.length < all.length) this.metrics.repeated.inc({ consumer }, all.length - fresh.length);
      return true;
    } catch (error) {
      if (error instanceof Superseded || ending.aborted) throw error;
      log.warn({ consumer, events: all.length, reason: reason(error) }, 'events were not handled together: each is handled by itself');
      return false;
    }
  }

  /**
   * Each event has a span of its own, where it belongs in its trace. Work on several is done in one of them, to which the others have a
   * link: there are its queries.
   */
  private inSpans<T>(all: Pick<Located, 'event' | 'traceparent'>[], work: () => Promise<T>): Promise<T> {
    const spans = all.map(({ event, traceparent }) => processSpan(traceparent, event, this.subscription.durable));
    const { span: leading, active } = spans.find(({ span }) => span.isRecording()) ?? spans[0]!;
    for (const { span } of spans) if (span !== leading) span.addLink({ context: leading.spanContext() });
    return context.with(active, async () => {
      try {
        return await work();
      } catch (error) {
        for (const { span } of spans) span.setStatus({ code: SpanStatusCode.ERROR, message: reason(error) });
        throw error;
      } finally {
        for (const { span } of spans) span.end();
      }
    });
  }

  /** One event to who handles it. */
  private give(tx: Tx, event: ReceivedEvent): Promise<void> {
    const { subscription } = this;
    return subscription.handleAll ? subscription.handleAll(tx, [event]) : subscription.handle(tx, event);
  }

  private get everyTenant(): boolean {
    return this.subscription.handleAll !== undefined || (this.subscription.everyTenant ?? false);
  }

  /** Handles dead letters that an operator has asked for. */
  private replay(over: AbortSignal): Promise<void> {
    const { data, log } = this.options;
    const { durable: consumer } = this.subscription;
    const about = ({ id, type, subject, tenantuuid: tenant }: CloudEvent) => ({ consumer, event: id, type, subject, tenant });
    return replayDeadLetters({
      data,
      consumer,
      everyTenant: this.everyTenant,
      over,
      within: (event, work) => this.inSpans([{ event }], work),
      handle: (tx, event) => this.give(tx, event),
      onReplayed: (event) => {
        this.metrics.replayed.inc({ consumer, type: event.type });
        log.info(about(event), 'a dead letter was handled');
      },
      onFailed: (event, error) => log.error({ ...about(event), reason: reason(error) }, 'a dead letter failed again'),
    });
  }

  private async attempt(epoch: string, located: Located, ending: AbortSignal): Promise<void> {
    const { data, log } = this.options;
    const { durable: consumer, retry = { attempts: 8, first: 200, most: 30_000 }, wanted } = this.subscription;
    const { id, type, subject, tenantuuid: tenant } = located.event;
    for (let failures = 0, passing = 0; ;) {
      try {
        if (wanted && !(await wanted(toReceived(located.event)))) {
          this.metrics.declined.inc({ consumer });
          return;
        }
        const fresh = await handleOnce(data, consumer, epoch, located, this.everyTenant, (tx, event) => this.give(tx, event));
        if (fresh) this.metrics.handled.inc({ consumer, type });
        else this.metrics.repeated.inc({ consumer });
        return;
      } catch (error) {
        if (error instanceof Superseded || ending.aborted) throw error;
        this.metrics.failed.inc({ consumer, type });
        const blamed = !isPassing(error);
        if (blamed) failures++;
        else passing++;
        const fields = { consumer, event: id, type, subject, tenant, attempt: failures + passing, reason: reason(error) };
        const span = trace.getActiveSpan()?.addEvent('attempt failed', { 'exception.message': fields.reason });
        if (failures >= retry.attempts) {
          span?.setStatus({ code: SpanStatusCode.ERROR, message: fields.reason });
          log.error(fields, 'an event was given up: it is in dead_letters');
          if (await this.giveUp(epoch, located, failures, error)) return;
        } else log.warn(fields, 'an event was not handled, trying again');
        await pause(delayAfter(blamed ? failures : passing, retry.first, blamed ? retry.most : Math.min(retry.most, 5000)), ending);
        if (ending.aborted) throw error;
      }
    }
  }

  /** False if the database is away at the moment. */
  private async giveUp(epoch: string, located: Located, attempts: number, error: unknown): Promise<boolean> {
    const { durable: consumer } = this.subscription;
    try {
      if (await bury(this.options.data, consumer, epoch, located, attempts, errorText(error))) {
        this.metrics.deadLetters.inc({ consumer, type: located.event.type });
      }
      return true;
    } catch (failure) {
      if (!isPassing(failure)) throw failure;
      return false;
    }
  }

  private async forget(pg: LeaderConnection, signal: AbortSignal): Promise<void> {
    const { maxAge } = { ...streamDefaults, ...this.options.stream };
    const rememberFor = Math.max(this.subscription.rememberFor ?? 14 * day, maxAge + day);
    for (let deleted: number | null = 1; deleted && !signal.aborted;) {
      ({ rowCount: deleted } = await pg.query(
        `delete from inbox where ctid = any(array(
           select ctid from inbox where consumer = $1 and handled_at < now() - $2 * interval '1 millisecond' limit 1000))`,
        [this.subscription.durable, rememberFor],
      ));
      await pause(20, signal);
    }
  }
}
