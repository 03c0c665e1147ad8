import type { ConnectionOptions, JetStreamManager, NatsConnection } from 'nats';
import { connectOnce, streamName } from './stream';

const patience = 2_000;

/** Asks whether JetStream answers for the stream, over a connection of its own: also where another process leads and this one has none. */
export class StreamProbe {
  private connection: { nats: NatsConnection; jsm: JetStreamManager } | undefined;
  private asking: Promise<void> | undefined;

  /** @param env TONEGRID_ENV, which names the stream */
  constructor(
    private readonly options: ConnectionOptions,
    private readonly env: string,
  ) {}

  /** Throws, after a few seconds at most, when it does not answer; the next call tries anew. */
  check(): Promise<void> {
    return (this.asking ??= this.ask().finally(() => (this.asking = undefined)));
  }

  async close(): Promise<void> {
    await this.asking?.catch(() => undefined);
    await this.connection?.nats.close();
  }

  private async ask(): Promise<void> {
    if (!this.connection || this.connection.nats.isClosed()) {
      const nats = await connectOnce({ ...this.options, timeout: patience }, 'tonegrid readiness');
      this.connection = { nats, jsm: await nats.jetstreamManager({ checkAPI: false, timeout: patience }) };
    }
    await this.connection.jsm.streams.info(streamName(this.env));
  }
}
