import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Data } from '@tonegrid/data';
import { logger } from '@tonegrid/rpc';
import { Vault } from '@tonegrid/secrets';
import { CONFIG } from '@tonegrid/service';
import type { IdentityConfig } from '../config';
import { makeFirstKey, rotateSigningKey, type PublicKey } from './rotate-signing-key';

interface KeyRow {
  kid: string;
  public_jwk: PublicKey;
  sealed_private_key: Buffer;
  signs: boolean;
}

/** The key that signs now. */
export interface Signer {
  kid: string;
  privateKey: KeyObject;
}

interface Known {
  rows: KeyRow[];
  signer: Signer;
  readAt: number;
}

/** How long a replica works with the keys that it read: a new key signs everywhere within this time; milliseconds. */
const freshMs = 5_000;
const lookEveryMs = 10 * 60_000;

/** The keys that access tokens are signed with: the newest that has begun signs, all that are published verify. */
@Injectable()
export class SigningKeys implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly vault: Vault;
  private known: Known | undefined;
  private reading: Promise<Known> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly data: Data,
    @Inject(CONFIG) private readonly config: IdentityConfig,
  ) {
    this.vault = new Vault(config.ENCRYPTION_KEY);
  }

  onApplicationBootstrap(): void {
    if (this.config.SIGNING_KEY_DAYS === 0) return;
    const look = () => {
      rotateSigningKey(this.data, this.vault, { olderThanDays: this.config.SIGNING_KEY_DAYS }).then(
        (kid) => kid && logger.info({ kid }, 'a new signing key is published'),
        (error: unknown) => logger.warn({ err: error }, 'the signing key could not be rotated; it is tried again later'),
      );
    };
    this.timer = setInterval(look, lookEveryMs);
    this.timer.unref();
    look();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The key to sign with. To be asked outside of a transaction, because it may need a connection of its own. */
  async signer(): Promise<Signer> {
    return (await this.read()).signer;
  }

  /** The key of that id, to verify with; undefined when there is none. */
  async verifying(kid: string): Promise<KeyObject | undefined> {
    const row = (await this.read()).rows.find((key) => key.kid === kid);
    return row && createPublicKey({ key: row.public_jwk as never, format: 'jwk' });
  }

  /** All published keys, the one that signs next or now first. */
  async publicKeys(): Promise<PublicKey[]> {
    return (await this.read()).rows.map((row) => row.public_jwk);
  }

  private async read(): Promise<Known> {
    if (this.known && Date.now() - this.known.readAt < freshMs) return this.known;
    return (this.reading ??= this.load().finally(() => (this.reading = undefined)));
  }

  private async load(): Promise<Known> {
    const readAt = Date.now();
    let rows = await this.select();
    if (!rows.some(({ signs }) => signs)) {
      await makeFirstKey(this.data, this.vault);
      rows = await this.select();
    }
    const { kid, sealed_private_key: sealed } = rows.find(({ signs }) => signs)!;
    const signer =
      this.known?.signer.kid === kid ? this.known.signer : { kid, privateKey: createPrivateKey(this.vault.open(sealed, kid).toString()) };
    return (this.known = { rows, signer, readAt });
  }

  private select(): Promise<KeyRow[]> {
    return this.data.system((tx) =>
      tx.query<KeyRow>(
        `select kid, public_jwk, sealed_private_key, signs_from <= now() as signs from signing_keys
         where published_until is null or published_until > now() order by signs_from desc, kid`,
      ),
    );
  }
}
