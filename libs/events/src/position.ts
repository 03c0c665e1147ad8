import type { JetStreamManager, StreamInfo } from 'nats';
import type { LeaderConnection } from './leadership';
import { messageAt, type StreamMessage } from './stream';

/** How far a consumer has come: everything up to this message is handled. */
export interface Position extends StreamMessage {
  /** When the stream was made; another time means another stream of the same name. */
  streamCreated: string;
}

interface PositionRow {
  epoch: string;
  stream_created: string | null;
  stream_seq: string | null;
  stream_time: string | null;
  event_id: string | null;
}

/**
 * Begins a new epoch of the consumer: whoever handles events of an earlier epoch is refused from now on. `pg` is the
 * connection that holds the consumer's lead.
 */
export async function beginEpoch(pg: LeaderConnection, consumer: string): Promise<{ epoch: string; position: Position | undefined }> {
  const { rows } = await pg.query<PositionRow>(
    `insert into inbox_positions (consumer, epoch) values ($1, 1)
     on conflict (consumer) do update set epoch = inbox_positions.epoch + 1
     returning epoch, stream_created, stream_seq, stream_time, event_id`,
    [consumer],
  );
  const row = rows[0]!;
  const known = row.stream_created !== null && row.stream_seq !== null && row.stream_time !== null && row.event_id !== null;
  return {
    epoch: row.epoch,
    position: known
      ? { streamCreated: row.stream_created!, seq: Number(row.stream_seq), time: Number(row.stream_time), id: row.event_id! }
      : undefined,
  };
}

export async function savePosition(
  pg: LeaderConnection,
  consumer: string,
  epoch: string,
  { streamCreated, seq, time, id }: Position,
): Promise<void> {
  await pg.query(
    `update inbox_positions set stream_created = $3, stream_seq = $4, stream_time = $5, event_id = $6, updated_at = now()
     where consumer = $1 and epoch = $2`,
    [consumer, epoch, streamCreated, seq, time, id],
  );
}

/** True if the stream still has the message of the position, and with it everything before. */
export async function standsOn(jsm: JetStreamManager, info: StreamInfo, position: Position): Promise<boolean> {
  if (info.created !== position.streamCreated) return false;
  if (position.seq < info.state.first_seq) return true; // it has aged out
  const message = await messageAt(jsm, info.config.name, position.seq);
  return message?.id === position.id && message.time === position.time;
}

/**
 * The stream sequence from which a consumer must read so that nothing is left out. Normally the one after its position. If the stream has
 * gone back (after a loss of power nats-server may lack what it had acknowledged, and give the same sequences to other
 * messages) the one after the last message that was handled and is still there: a message with the sequence, id and time that it had
 * when it was handled proves that the stream is unchanged up to it.
 */
export async function findStart(
  pg: LeaderConnection,
  jsm: JetStreamManager,
  info: StreamInfo,
  consumer: string,
  position: Position | undefined,
): Promise<{ start: number; rewound: boolean }> {
  if (!position) return { start: 1, rewound: false };
  if (await standsOn(jsm, info, position)) return { start: position.seq + 1, rewound: false };
  if (info.created !== position.streamCreated) return { start: 1, rewound: true };
  // Further and further back, twice as far each time: any match is right, an early one only repeats more.
  for (let back = 0; ; back = back * 2 + 1) {
    const { rows } = await pg.query<{ stream_seq: string; stream_time: string; event_id: string }>(
      `select stream_seq, stream_time, event_id from inbox where consumer = $1 and stream_seq <= $2
       order by stream_seq desc offset $3 limit 1`,
      [consumer, position.seq, back],
    );
    const [row] = rows;
    if (!row) return { start: 1, rewound: true };
    const message = await messageAt(jsm, info.config.name, Number(row.stream_seq));
    if (message?.id === row.event_id && message.time === Number(row.stream_time))
      return { start: Number(row.stream_seq) + 1, rewound: true };
  }
}
