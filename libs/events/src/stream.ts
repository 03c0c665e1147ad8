import { connect, nanos, type ConnectionOptions, type JetStreamManager, type NatsConnection, type NatsError, type StreamInfo } from 'nats';

/** How the stream is kept. */
export interface StreamSettings {
  /** Copies of each message in a NATS cluster: 1, 3 or 5. */
  replicas: number;
  /** Milliseconds after which a message leaves the stream. */
  maxAge: number;
  /** Milliseconds in which NATS itself refuses a second message with the same id. */
  duplicateWindow: number;
}

export const streamDefaults: StreamSettings = { replicas: 1, maxAge: 7 * 24 * 3600_000, duplicateWindow: 2 * 60_000 };

/** `TONEGRID_SANDBOX` for `sandbox`. */
export const streamName = (env: string): string => `TONEGRID_${env.toUpperCase()}`;

/** `tonegrid.sandbox.release.created` for `release.created`; also for patterns like `release.>`. */
export const subjectOf = (env: string, type: string): string => `tonegrid.${env}.${type}`;

const apiError = (error: unknown): number | undefined => (error as NatsError | undefined)?.api_error?.err_code;
const streamNotFound = 10059;
const streamNameInUse = 10058;
const messageNotFound = 10037;
const consumerNotFound = 10014;

/**
 * Makes the environment's stream if it is not there, and changes it if its settings differ. May be called by many at once.
 * Throws NatsError when JetStream does not answer.
 */
export async function ensureStream(jsm: JetStreamManager, env: string, settings: Partial<StreamSettings> = {}): Promise<StreamInfo> {
  const { replicas, maxAge, duplicateWindow } = { ...streamDefaults, ...settings };
  const name = streamName(env);
  const wanted = { num_replicas: replicas, max_age: nanos(maxAge), duplicate_window: nanos(duplicateWindow) };
  try {
    const info = await jsm.streams.info(name);
    const same = (Object.keys(wanted) as (keyof typeof wanted)[]).every((key) => info.config[key] === wanted[key]);
    return same ? info : await jsm.streams.update(name, wanted);
  } catch (error) {
    if (apiError(error) !== streamNotFound) throw error;
  }
  try {
    return await jsm.streams.add({ name, subjects: [subjectOf(env, '>')], ...wanted });
  } catch (error) {
    if (apiError(error) !== streamNameInUse) throw error; // another process was faster
    return jsm.streams.info(name);
  }
}

/** Deletes a durable if it is there. */
export async function deleteConsumer(jsm: JetStreamManager, stream: string, durable: string): Promise<void> {
  try {
    await jsm.consumers.delete(stream, durable);
  } catch (error) {
    if (apiError(error) !== consumerNotFound) throw error;
  }
}

/** A message of the stream, as far as it takes to recognise it. */
export interface StreamMessage {
  seq: number;
  /** Its Nats-Msg-Id: the event's id. */
  id: string;
  /** When the stream took it, in nanoseconds since 1970, see `nanoseconds`. No two messages that held one sequence, one after the other, have the same. */
  time: number;
}

/** The message at a sequence, from the stream's leader; undefined if there is none. Throws NatsError when JetStream does not answer. */
export async function messageAt(jsm: JetStreamManager, stream: string, seq: number): Promise<StreamMessage | undefined> {
  try {
    const message = await jsm.streams.getMessage(stream, { seq });
    return { seq, id: message.header.get('Nats-Msg-Id'), time: nanoseconds(message.timestamp) };
  } catch (error) {
    if (apiError(error) === messageNotFound) return undefined;
    throw error;
  }
}

/** Nanoseconds since 1970 of an RFC 3339 time in UTC, to the 256 that a double can tell apart; the NATS client rounds the same way. */
export function nanoseconds(time: string): number {
  const [, whole = '', fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return Number(BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9)));
}

/**
 * A connection that ends when it is lost, rather than reconnecting by itself: after each loss the stream has to be looked at
 * before anything is sent, and a client that reconnects sends first what it still has in its buffers.
 */
export const connectOnce = (options: ConnectionOptions, name: string): Promise<NatsConnection> =>
  connect({ timeout: 3000, pingInterval: 5000, maxPingOut: 2, noAsyncTraces: true, ...options, name, reconnect: false });

/**
 * Resolves when the server has answered to all that was sent before. Rejects when the connection ends first, of which the client's own
 * `flush` does not tell: it only ever settles by an answer or a reconnection.
 */
export const flush = (nats: NatsConnection): Promise<void> =>
  Promise.race([nats.flush(), nats.closed().then((error) => Promise.reject(error ?? new Error('the NATS connection was closed')))]);
