import { logger } from '@tonegrid/rpc';
import { connect, Events, type ConnectionOptions, type NatsConnection } from 'nats';
import type { Authenticated } from './identity';

const kinds = ['token', 'api_key', 'family', 'tenant', 'user', 'oauth_client'] as const;

/** What identity says the moment that something stops being valid, on the NATS subject `tonegrid.<env>.auth.revoked`. */
export interface Revocation {
  kind: (typeof kinds)[number];
  /** `jti` of an access token, id of a family of tokens, or uuid; a tenant's also stops those who act on its behalf. */
  id: string;
}

/** Reads a message; undefined for what is none. */
export function parseRevocation(text: string): Revocation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // not JSON: told like any other message that is none
  }
  const { kind, id } = (value ?? {}) as Record<string, unknown>;
  const known = kinds.find((each) => each === kind);
  return known && typeof id === 'string' && id !== '' ? { kind: known, id } : undefined;
}

/** Whether what is remembered under a cache key may be touched by a revocation. What is not known for certain is. */
export function touches({ kind, id }: Revocation, key: string, known: Authenticated | undefined): boolean {
  if (kind === 'token') return key === `jti:${id}`;
  // A question that is still open may be answered by what was true before.
  if (known === undefined) return true;
  switch (kind) {
    case 'family':
      return key.startsWith('jti:') && (known.family === undefined || known.family === id);
    case 'tenant':
      return known.caller.tenantUuid === id || known.caller.onBehalfOf === id;
    default:
      return known.caller.subject === `${kind}:${id}`;
  }
}

/**
 * Hears of revocations on core NATS: a message is not stored, and one that is lost costs what the cache of callers remembers, a
 * second at most. Connects by itself, now and after every loss.
 */
export class Revocations {
  private connection: NatsConnection | undefined;
  private stopped = false;

  /** @param drop told of each revocation */
  constructor(
    private readonly nats: ConnectionOptions,
    private readonly env: string,
    private readonly drop: (revocation: Revocation) => void,
  ) {}

  /** Begins to listen; NATS need not be there yet. */
  start(): void {
    void this.listen().catch((error: unknown) => {
      if (!this.stopped) logger.error({ err: error }, 'revocations are not heard: they take effect when what is remembered is too old');
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.connection?.close();
  }

  private async listen(): Promise<void> {
    const connection = await connect({
      ...this.nats,
      name: 'gateway revocations',
      waitOnFirstConnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      pingInterval: 5_000,
      maxPingOut: 2,
    });
    if (this.stopped) return connection.close();
    this.connection = connection;
    void this.tellOfLosses(connection);
    const subject = `tonegrid.${this.env}.auth.revoked`;
    const messages = connection.subscribe(subject);
    logger.info({ subject }, 'listening for revocations');
    for await (const message of messages) {
      const revocation = parseRevocation(message.string());
      if (revocation) this.drop(revocation);
      else logger.error({ subject }, 'a message on the subject of revocations is none');
    }
  }

  private async tellOfLosses(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === Events.Disconnect) logger.warn('lost NATS: revocations take effect when what is remembered is too old');
      if (type === Events.Reconnect) logger.info('hearing revocations again');
    }
  }
}
