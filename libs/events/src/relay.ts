import type { ConnectionOptions } from 'nats';
import type { Registry } from 'prom-client';
import { lead, type LeaderConnection } from './leadership';
import { reason, type Log } from './log';
import { relayMetrics, type RelayMetrics } from './metrics';
import { wakeChannel } from './outbox';
import { delayAfter, every, pause } from './pause';
import { Publisher, StreamWentBack, type Published } from './publisher';
import { StreamAudit } from './stream-audit';
import { connectOnce, ensureStream, streamDefaults, streamName, type StreamSettings } from './stream';

export interface RelayOptions {
  /** DATABASE_URL: the service's own role on a direct connection. The relay makes its own connection, and one only. */
  databaseUrl: string;
  /** How to reach NATS: `{ servers: NATS_URL }`. */
  nats: ConnectionOptions;
  /** TONEGRID_ENV. */
  env: string;
  log: Log;
  registry: Registry;
  stream?: Partial<StreamSettings>;
  /** Milliseconds that published rows are kept, for publishing them again if the stream loses them; 24 h by default. */
  keepFor?: number;
  /** Publishes in flight at most; 256 by default. */
  inFlight?: number;
  /** Milliseconds between looks at the outbox when no wake-up comes; 1,000 by default. */
  pollEvery?: number;
  /** Milliseconds between samples that compare the stream with what was published; 30,000 by default. */
  sampleEvery?: number;
  /** Milliseconds between measurements of the backlog; 2,000 by default. */
  measureEvery?: number;
  /** Milliseconds between sweeps of rows that were kept long enough; 60,000 by default. */
  sweepEvery?: number;
  /** Milliseconds to wait for an acknowledgement of JetStream; 5,000 by default. */
  ackTimeout?: number;
}

export interface RelayHealth {
  role: 'stopped' | 'standby' | 'leader';
  /** Whether the leader has a working connection to JetStream. */
  publishing: boolean;
  /** Why the last connection was given up, if it is not working. */
  problem: string | undefined;
}

const samplesKept = 64;

// A queue's statistics are always of another moment: freshly filled, the planner expected 200 unpublished rows of 20,000 and sorted all
// of them for each thousand (1,100 events/s in place of 20,000). All queries of this connection are made for walks along an index.
const planning =
  'set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_material = off';

/**
 * Publishes the outbox of one database to JetStream, at least once and in the order of commits for each ordering key. Any
 * number may run; the leader publishes. docs/adr/0005-outbox-relay-and-rewind.md says how it finds what the stream has lost.
 */
export class Relay {
  private readonly stopping = new AbortController();
  private readonly metrics: RelayMetrics;
  private running: Promise<void> | undefined;
  private publisher: Publisher | undefined;
  private role: RelayHealth['role'] = 'stopped';
  private problem: string | undefined;
  private suspicious = false;
  private streamCreated: string | undefined;
  private samples: Published[] = [];
  private seen = 0;
  /** When all rows are to be compared with the stream next. */
  private auditAt = 0;

  constructor(private readonly options: RelayOptions) {
    const { keepFor = 24 * 3600_000, stream } = options;
    if (keepFor >= { ...streamDefaults, ...stream }.maxAge)
      throw new Error('the outbox must keep its rows for a shorter time than the stream');
    this.metrics = relayMetrics(options.registry);
  }

  /** Begins in the background; returns at once. PostgreSQL and NATS need not be there yet. */
  start(): void {
    const { databaseUrl, log } = this.options;
    this.role = 'standby';
    this.running ??= lead({ databaseUrl, name: 'relay', log, signal: this.stopping.signal }, (pg, signal) => this.relay(pg, signal));
  }

  /** Waits for what is in flight, marks it, and gives the lead to another. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.role = 'stopped';
  }

  /** There is something to publish. False if another process leads: then it has to be told. */
  wake(): boolean {
    if (this.role !== 'leader') return false;
    this.publisher?.wake();
    return true;
  }

  health(): RelayHealth {
    return { role: this.role, publishing: this.publisher !== undefined, problem: this.problem };
  }

  private async relay(pg: LeaderConnection, signal: AbortSignal): Promise<void> {
    const { pollEvery = 1000, measureEvery = 2000, sweepEvery = 60_000, log } = this.options;
    await pg.query(planning);
    await pg.listen(wakeChannel, () => this.publisher?.wake());
    // Not before: what fails until here must leave the lead behind.
    this.role = 'leader';
    this.metrics.leading.set(1);
    this.auditAt = Date.now();
    // What fails here is the connection, of which `signal` tells as well.
    const failed = (error: unknown) => log.warn({ reason: reason(error) }, 'outbox upkeep failed');
    const upkeep = [
      every(pollEvery, signal, async () => this.publisher?.wake()),
      every(measureEvery, signal, () => this.measure(pg).catch(failed)),
      every(sweepEvery, signal, () => this.sweep(pg, signal).catch(failed)),
    ];
    try {
      for (let failures = 0; !signal.aborted;) {
        const began = Date.now();
        try {
          await this.session(pg, signal);
        } catch (error) {
          failures = Date.now() - began > 10_000 ? 1 : failures + 1;
          this.problem = reason(error);
          this.suspicious ||= error instanceof StreamWentBack;
          this.metrics.failures.inc();
          log.warn({ reason: this.problem, failures }, 'publishing interrupted');
          await pause(delayAfter(failures, 50, 2000), signal);
        }
      }
    } finally {
      this.role = 'standby';
      this.metrics.leading.set(0);
      this.metrics.unpublished.set(0);
      this.metrics.lag.set(0);
      await Promise.all(upkeep);
    }
  }

  /** One connection to NATS: look at the stream first, then publish until something fails or the signal comes. */
  private async session(pg: LeaderConnection, signal: AbortSignal): Promise<void> {
    const { env, log, metrics } = { ...this.options, metrics: this.metrics };
    const stream = streamName(env);
    const nats = await connectOnce(this.options.nats, 'tonegrid relay');
    const over = new AbortController();
    const end = () => over.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end(); // while it connected
    try {
      const jsm = await nats.jetstreamManager();
      const info = await ensureStream(jsm, env, this.options.stream);
      if (this.streamCreated !== undefined && this.streamCreated !== info.created) this.suspicious = true;
      this.streamCreated = info.created;
      const audit = new StreamAudit({ pg, jsm, stream, log, metrics });
      const { lost, highest } = await audit.checkNewest(this.suspicious);
      if (lost > 0 || this.suspicious) this.auditAgain();
      this.suspicious = false;
      this.samples = [];
      const { inFlight = 256, ackTimeout = 5000 } = this.options;
      const publisher = new Publisher({ pg, nats, env, stream, inFlight, ackTimeout, metrics, onPublished: (row) => this.sample(row) });
      this.publisher = publisher;
      this.problem = undefined;
      // The sequences of a stream that went back begin again below the highest.
      const publishing = publisher.run(lost > 0 ? 0 : highest, over.signal);
      const watching = this.watch(audit, over.signal);
      try {
        await Promise.race([publishing, watching.then(() => publishing)]);
      } finally {
        this.publisher = undefined;
        end();
        await Promise.allSettled([publishing, watching]);
        await publisher.finish();
      }
    } finally {
      signal.removeEventListener('abort', end);
      await nats.close();
    }
  }

  /** Compares samples of what this session published, and all that is kept when it is time to. Rejects when something is missing. */
  private async watch(audit: StreamAudit, signal: AbortSignal): Promise<void> {
    const { sampleEvery = 30_000 } = this.options;
    const all = every(Math.min(1000, sampleEvery), signal, async () => {
      if (Date.now() < this.auditAt) return;
      this.auditAt = Infinity;
      try {
        if ((await audit.checkAll(250, signal)) > 0) this.auditAgain();
        else if (signal.aborted) this.auditAt = 0;
        this.publisher?.wake();
      } catch (error) {
        this.auditAt = 0;
        throw error;
      }
    });
    const sampled = every(sampleEvery, signal, async () => {
      const samples = this.samples;
      this.samples = samples.slice(-1);
      this.seen = this.samples.length;
      if (!(await audit.intact(samples))) throw new StreamWentBack('a sampled event is no longer in the stream');
    });
    await Promise.race([all, sampled]);
    await Promise.all([all, sampled]);
  }

  // NATS may answer "duplicate" for the time of its duplicate window although the message is gone: look again after it.
  private auditAgain(): void {
    const { duplicateWindow } = { ...streamDefaults, ...this.options.stream };
    this.auditAt = Date.now() + duplicateWindow + 30_000;
  }

  /** Keeps the newest and an even choice of the others (reservoir sampling). */
  private sample(row: Published): void {
    this.seen++;
    if (this.samples.length < samplesKept) this.samples.push(row);
    else {
      const newest = this.samples.length - 1;
      const place = Math.floor(Math.random() * this.seen);
      if (place < newest) this.samples[place] = this.samples[newest]!;
      this.samples[newest] = row;
    }
  }

  private async measure(pg: LeaderConnection): Promise<void> {
    const { rows } = await pg.query<{ unpublished: number; lag: number | null }>(
      `select count(*)::int as unpublished, extract(epoch from clock_timestamp() - min(created_at))::float8 as lag
       from (select created_at from outbox where published_at is null order by id limit 100000) waiting`,
    );
    this.metrics.unpublished.set(rows[0]?.unpublished ?? 0);
    this.metrics.lag.set(rows[0]?.lag ?? 0);
  }

  private async sweep(pg: LeaderConnection, signal: AbortSignal): Promise<void> {
    const { keepFor = 24 * 3600_000 } = this.options;
    for (let deleted: number | null = 1; deleted && !signal.aborted;) {
      ({ rowCount: deleted } = await pg.query(
        `delete from outbox where event_id in
           (select event_id from outbox where published_at < now() - $1 * interval '1 millisecond' order by published_at limit 1000)`,
        [keepFor],
      ));
      await pause(20, signal);
    }
  }
}
