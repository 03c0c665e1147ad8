import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { createInbox, headers, type Msg, type NatsConnection, type Subscription } from 'nats';
import { Batches } from './batches';
import type { LeaderConnection } from './leadership';
import type { RelayMetrics } from './metrics';
import { subjectOf } from './stream';
import { publishSpan, traceparentOf } from './tracing';

/** A row of the outbox on its way. */
interface Row {
  id: string;
  event_id: string;
  type: string;
  ordering_key: string;
  traceparent: string | null;
  payload: string;
}

interface InFlight {
  row: Row;
  sentAt: number;
  /** Highest sequence acknowledged when it was sent: a new message cannot get a lower one. */
  after: number;
  span: Span | undefined;
}

/** An acknowledged row: its stream sequence. */
export interface Published {
  eventId: string;
  seq: number;
}

interface Mark {
  id: string;
  seq: number;
}

interface PubAck {
  seq?: number;
  stream?: string;
  duplicate?: boolean;
  error?: { code: number; err_code?: number; description?: string };
}

export interface PublisherOptions {
  pg: LeaderConnection;
  nats: NatsConnection;
  env: string;
  stream: string;
  /** Messages in flight at most, over all keys; of one key it is always one. */
  inFlight: number;
  /** Milliseconds to wait for an acknowledgement. */
  ackTimeout: number;
  metrics: RelayMetrics;
  onPublished(row: Published): void;
}

/** The stream gave a new message a sequence that it had given before: it has lost messages. */
export class StreamWentBack extends Error {}

const rowsAtOnce = 1000;
const rowsHeld = 4096;
const marksAtOnce = 1000;
/**
 * Milliseconds from one look at the outbox to the next when there is much to publish, so that one look finds many rows. Below `busy` rows a
 * millisecond it is proportionally less: the first row after a quiet moment is found at once.
 */
const fetchEvery = 40;
const busy = 0.2;
/** The same for marks, which nothing waits for: NATS knows what is published again, because it had no mark when the process was killed, by its id. */
const markEvery = 100;

// The rows held here are left out by name, never by "id > last": a transaction that took its id early may commit late.
// No prepared statement: only an array that is known when the query is planned is looked up by hash (100 ms against 1).
const select = `select id, event_id, type, ordering_key, traceparent, payload from outbox
  where published_at is null and id <> all($1::bigint[]) order by id limit ${rowsAtOnce}`;
const mark = {
  name: 'outbox_mark',
  text: `update outbox set published_at = clock_timestamp(), stream_seq = marks.seq
    from unnest($1::bigint[], $2::bigint[]) as marks (id, seq) where outbox.id = marks.id and published_at is null`,
};

/**
 * Publishes the unpublished rows of the outbox over one NATS connection, as long as all goes well. Rows of one ordering key go
 * one after the other, each after the acknowledgement of the one before; rows of different keys go at once.
 */
export class Publisher {
  private readonly held = new Set<string>();
  private readonly waiting = new Map<string, Row[]>();
  private ready: Row[] = [];
  private readonly flying = new Map<string, InFlight>();
  private readonly marks = new Batches<Mark>(marksAtOnce, markEvery, (some) => this.mark(some).catch((error: unknown) => this.fail(error)));
  private readonly replies = createInbox();
  private subscription: Subscription | undefined;
  private sent = 0;
  private highest = 0;
  private more = true;
  private fetching = false;
  private lastFetch = 0;
  private nextFetch = 0;
  private later: NodeJS.Timeout | undefined;
  private stopping = false;
  private settle: { resolve(): void; reject(error: unknown): void } | undefined;

  constructor(private readonly options: PublisherOptions) {}

  /** There may be new rows. */
  wake(): void {
    this.more = true;
    this.pump();
  }

  /**
   * Publishes until the signal comes, then waits for what is in flight and returns. Rejects when a publish fails, is not
   * acknowledged in time, or shows that the stream went back (`StreamWentBack`): then a new connection has to be made and the
   * stream looked at. `after`: the highest sequence known to have been acknowledged before.
   */
  async run(after: number, signal: AbortSignal): Promise<void> {
    const { nats, ackTimeout } = this.options;
    this.highest = after;
    const over = new Promise<void>((resolve, reject) => (this.settle = { resolve, reject }));
    this.subscription = nats.subscribe(`${this.replies}.*`, { callback: (error, message) => this.acknowledged(error, message) });
    const late = setInterval(() => this.checkTimeouts(ackTimeout), Math.max(50, ackTimeout / 5));
    const stop = () => {
      this.stopping = true;
      this.pump();
    };
    signal.addEventListener('abort', stop, { once: true });
    void nats.closed().then((error) => this.fail(error ?? new Error('the NATS connection was closed')));
    try {
      if (signal.aborted) stop();
      this.pump();
      await over;
    } finally {
      this.settle = undefined;
      this.stopping = true;
      clearInterval(late);
      clearTimeout(this.later);
      signal.removeEventListener('abort', stop);
      if (!nats.isClosed()) this.subscription.unsubscribe();
      for (const { span } of this.flying.values()) span?.setStatus({ code: SpanStatusCode.ERROR, message: 'not acknowledged' }).end();
    }
  }

  /** Marks what was acknowledged and not yet marked. To be called after `run`, before anybody looks at the marks. */
  async finish(): Promise<void> {
    await this.mark(await this.marks.stop());
  }

  private fail(error: unknown): void {
    this.settle?.reject(error);
  }

  private pump(): void {
    if (!this.settle) return;
    const { inFlight } = this.options;
    try {
      if (!this.stopping) {
        let next = 0;
        while (this.flying.size < inFlight && next < this.ready.length) this.send(this.ready[next++]!);
        if (next > 0) this.ready = this.ready.slice(next);
        if (this.more && !this.fetching && this.ready.length < inFlight && this.held.size < rowsHeld) this.fetchSoon();
      } else if (this.flying.size === 0 && !this.fetching) this.settle.resolve();
    } catch (error) {
      this.fail(error);
    }
  }

  private fetchSoon(): void {
    const wait = this.nextFetch - performance.now();
    if (wait <= 0) void this.fetch();
    else
      this.later ??= setTimeout(() => {
        this.later = undefined;
        this.pump();
      }, wait);
  }

  private async fetch(): Promise<void> {
    this.fetching = true;
    this.more = false;
    const began = performance.now();
    const since = began - this.lastFetch;
    this.lastFetch = began;
    try {
      const { rows } = await this.options.pg.query<Row>(select, [`{${[...this.held].join(',')}}`]);
      if (rows.length === rowsAtOnce) this.more = true;
      else this.nextFetch = began + fetchEvery * Math.min(1, rows.length / since / busy);
      for (const row of rows) {
        this.held.add(row.id);
        const queue = this.waiting.get(row.ordering_key);
        if (queue) queue.push(row);
        else {
          this.waiting.set(row.ordering_key, []);
          this.ready.push(row);
        }
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.fetching = false;
    }
    this.pump();
  }

  private send(row: Row): void {
    const { nats, env } = this.options;
    const token = String(++this.sent);
    const fields = headers();
    fields.set('Nats-Msg-Id', row.event_id);
    const span = publishSpan(row.traceparent, row.type, row.event_id);
    const traceparent = traceparentOf(span?.spanContext()) ?? row.traceparent;
    if (traceparent) fields.set('traceparent', traceparent);
    this.flying.set(token, { row, sentAt: Date.now(), after: this.highest, span });
    nats.publish(subjectOf(env, row.type), row.payload, { headers: fields, reply: `${this.replies}.${token}` });
  }

  private acknowledged(error: Error | null, message: Msg): void {
    const token = message.subject?.slice(this.replies.length + 1);
    const flight = this.flying.get(token);
    if (error) return this.fail(error);
    if (!flight) return;
    const ack = message.data.length > 0 ? message.json<PubAck>() : undefined;
    // No body: nobody listens on the subject (503), so there is no stream, or it has no leader at the moment.
    if (!ack) return this.fail(new Error(`JetStream does not answer (${message.headers?.code ?? 'empty reply'})`));
    if (ack.error || ack.seq === undefined)
      return this.fail(new Error(`JetStream refuses the message: ${ack.error?.description ?? 'no sequence'}`));
    if (ack.stream !== this.options.stream)
      return this.fail(new Error(`stream ${ack.stream} took a message meant for ${this.options.stream}`));
    this.flying.delete(token);
    const { row, span } = flight;
    span?.end();
    this.marks.add({ id: row.id, seq: ack.seq });
    this.options.onPublished({ eventId: row.event_id, seq: ack.seq });
    const queue = this.waiting.get(row.ordering_key);
    const next = queue?.shift();
    if (next) this.ready.push(next);
    else this.waiting.delete(row.ordering_key);
    if (!ack.duplicate && ack.seq <= flight.after) return this.fail(new StreamWentBack(`sequence ${ack.seq} again, after ${flight.after}`));
    this.highest = Math.max(this.highest, ack.seq);
    this.pump();
  }

  private checkTimeouts(ackTimeout: number): void {
    // The map keeps the order of sending: the first is the oldest.
    const [oldest] = this.flying.values();
    if (oldest && Date.now() - oldest.sentAt > ackTimeout) this.fail(new Error(`no acknowledgement from JetStream in ${ackTimeout} ms`));
  }

  private async mark(some: Mark[]): Promise<void> {
    if (some.length === 0) return;
    const ids = `{${some.map(({ id }) => id).join(',')}}`;
    const seqs = `{${some.map(({ seq }) => seq).join(',')}}`;
    await this.options.pg.query({ ...mark, values: [ids, seqs] });
    for (const { id } of some) this.held.delete(id);
    this.options.metrics.published.inc(some.length);
    this.pump();
  }
}
