import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { revocationSubject, type Revocation, type RevokedKind } from '@tonegrid/events';
import { logger } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import { connect, credsAuthenticator, type NatsConnection } from 'nats';
import type { IdentityConfig } from '../config';

const drainMs = 1_000;

/**
 * Tells every gateway what was revoked, over core NATS, once the transaction that did it has committed. A hint only: what is lost
 * here takes effect when the gateways' memory ends, within a second.
 */
@Injectable()
export class Revocations implements BeforeApplicationShutdown {
  private connection: Promise<NatsConnection> | undefined;

  constructor(@Inject(CONFIG) private readonly config: IdentityConfig) {}

  announce(tx: Tx, kind: RevokedKind, ids: readonly string[]): void {
    if (ids.length === 0) return;
    const at = new Date().toISOString();
    tx.afterCommit(() => {
      this.publish(ids.map((id) => ({ kind, id, at }))).catch((error: unknown) => {
        this.connection = undefined;
        logger.warn({ err: error, kind }, 'a revocation was not told: it takes effect within a second');
      });
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    const nats = await this.connection?.catch(() => undefined);
    if (!nats) return;
    const drained = nats.drain().catch((error: unknown) => logger.debug({ err: error }, 'NATS was gone before'));
    // What a NATS that does not answer has not taken by then takes effect without it.
    await Promise.race([drained, pause(drainMs, undefined, { ref: false })]);
    await nats.close();
  }

  private async publish(revocations: Revocation[]): Promise<void> {
    const nats = await (this.connection ??= this.connect());
    const subject = revocationSubject(this.config.TONEGRID_ENV);
    for (const revocation of revocations) nats.publish(subject, JSON.stringify(revocation));
  }

  private connect(): Promise<NatsConnection> {
    const { NATS_URL, NATS_CREDENTIALS_FILE } = this.config;
    return connect({
      name: 'tonegrid identity revocations',
      servers: NATS_URL.split(','),
      timeout: 3000,
      maxReconnectAttempts: -1,
      ...(NATS_CREDENTIALS_FILE && { authenticator: credsAuthenticator(readFileSync(NATS_CREDENTIALS_FILE)) }),
    });
  }
}
