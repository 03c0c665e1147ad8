import type { JetStreamManager, StreamInfo } from 'nats';
import type { LeaderConnection } from './leadership';
import type { Log } from './log';
import type { RelayMetrics } from './metrics';
import { pause } from './pause';
import type { Published } from './publisher';
import { messageAt } from './stream';

export interface AuditOptions {
  pg: LeaderConnection;
  jsm: JetStreamManager;
  stream: string;
  log: Log;
  metrics: RelayMetrics;
}

interface Row {
  event_id: string;
  stream_seq: string;
  published_at: string;
  age: number;
}

/** Reads of the stream in flight at once. */
const atOnce = 64;
const newestRows = 64;
const pageRows = 500;
/**
 * Milliseconds that what nats-server has acknowledged may stay in memory alone: it syncs its files every 2 minutes by default,
 * and we look back a little further.
 */
const unsynced = 5 * 60_000;

/**
 * Compares the published rows of the outbox with the stream. A row whose message is not where it was acknowledged becomes
 * unpublished again, so that the relay publishes it in the order of the ids; those who have handled it already know it by its id.
 */
export class StreamAudit {
  constructor(private readonly options: AuditOptions) {}

  /**
   * Looks at the newest rows, and further back if something is missing or `suspicious`: until a whole page is there that is
   * older than what nats-server may lose. Gives the number of rows made unpublished and the highest sequence seen.
   */
  async checkNewest(suspicious: boolean): Promise<{ lost: number; highest: number }> {
    const rows = await this.rowsBefore(undefined, newestRows);
    const highest = rows.reduce((most, row) => Math.max(most, Number(row.stream_seq)), 0);
    let lost = await this.unpublishMissing(rows);
    if (lost === 0 && !suspicious) return { lost, highest };
    for (let last = rows.at(-1); last;) {
      const page = await this.rowsBefore(last, pageRows);
      const missing = await this.unpublishMissing(page);
      lost += missing;
      last = page.at(-1);
      if (missing === 0 && (last?.age ?? 0) > unsynced) break;
    }
    return { lost, highest };
  }

  /** Looks at all published rows that are kept, slowly (a page at a time, with pauses). Gives the number made unpublished. */
  async checkAll(pauseBetween: number, signal: AbortSignal): Promise<number> {
    let lost = 0;
    for (let last: Row | undefined; !signal.aborted;) {
      const page = await this.rowsBefore(last, pageRows);
      lost += await this.unpublishMissing(page);
      last = page.at(-1);
      if (page.length < pageRows) return lost;
      await pause(pauseBetween, signal);
    }
    return lost;
  }

  /** True if all of these are in the stream where they were acknowledged. */
  async intact(published: Published[]): Promise<boolean> {
    const info = await this.options.jsm.streams.info(this.options.stream);
    const missing = await this.missing(published, info);
    return missing.length === 0;
  }

  private async rowsBefore(row: Row | undefined, limit: number): Promise<Row[]> {
    // The time as text: a JavaScript Date has no microseconds.
    const { rows } = await this.options.pg.query<Row>(
      `select event_id, stream_seq, published_at::text, extract(epoch from now() - published_at)::float8 * 1000 as age from outbox
       where published_at is not null and (published_at, stream_seq) < ($1, $2)
       order by published_at desc, stream_seq desc limit $3`,
      [row?.published_at ?? 'infinity', row?.stream_seq ?? 0, limit],
    );
    return rows;
  }

  private async unpublishMissing(rows: Row[]): Promise<number> {
    if (rows.length === 0) return 0;
    const { pg, jsm, stream, log, metrics } = this.options;
    const info = await jsm.streams.info(stream);
    const published = rows.map((row) => ({ eventId: row.event_id, seq: Number(row.stream_seq) }));
    const missing = await this.missing(published, info);
    if (missing.length === 0) return 0;
    // Only as it was seen: in the meantime another relay may have published it anew.
    const { rowCount } = await pg.query(
      `update outbox set published_at = null, stream_seq = null from unnest($1::uuid[], $2::bigint[]) as seen (event_id, seq)
       where outbox.event_id = seen.event_id and stream_seq = seen.seq`,
      [missing.map(({ eventId }) => eventId), missing.map(({ seq }) => seq)],
    );
    const lost = rowCount ?? 0;
    metrics.lost.inc(lost);
    log.error(
      { stream, events: lost, lastSeq: info.state.last_seq },
      'the stream has lost events that it had acknowledged: publishing them again',
    );
    return lost;
  }

  private async missing(published: Published[], info: StreamInfo): Promise<Published[]> {
    const { jsm, stream } = this.options;
    const { max_bytes, max_msgs, max_msgs_per_subject } = info.config;
    const pushedOut = max_bytes > 0 || max_msgs > 0 || max_msgs_per_subject > 0;
    const found: Published[] = [];
    for (let at = 0; at < published.length; at += atOnce) {
      const checked = published.slice(at, at + atOnce).map(async (one) => {
        // A limit of the stream that an operator has set, not a loss. Age is none here: the outbox keeps for a shorter time.
        if (pushedOut && one.seq < info.state.first_seq) return undefined;
        if (one.seq > info.state.last_seq) return one;
        const message = await messageAt(jsm, stream, one.seq);
        return message?.id === one.eventId ? undefined : one;
      });
      found.push(...(await Promise.all(checked)).filter((one) => one !== undefined));
    }
    return found;
  }
}
