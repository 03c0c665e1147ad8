import { createPrivateKey, createPublicKey, generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { Data } from '@tonegrid/data';
import { Vault } from '@tonegrid/secrets';
import { CONFIG } from '@tonegrid/service';
import type { IdentityConfig } from '../config';

/** A public RSA key (RFC 7518, 6.3). */
export interface PublicKey {
  kty: 'RSA';
  use: 'sig';
  alg: 'RS256';
  kid: string;
  n: string;
  e: string;
}

interface KeyRow {
  kid: string;
  public_jwk: PublicKey;
  sealed_private_key: Buffer;
}

const generate = promisify(generateKeyPair);
const modulusBits = 2048;
/** How long a replica works with the keys that it read: a new key is used everywhere within this time; milliseconds. */
const freshMs = 30_000;

/** The keys that access tokens are signed with: the newest signs, all that are not retired verify. */
@Injectable()
export class SigningKeys {
  private readonly vault: Vault;
  private known: { rows: KeyRow[]; private: KeyObject; readAt: number } | undefined;

  constructor(
    private readonly data: Data,
    @Inject(CONFIG) config: IdentityConfig,
  ) {
    this.vault = new Vault(config.ENCRYPTION_KEY);
  }

  /** The key to sign with. */
  async current(): Promise<{ kid: string; privateKey: KeyObject }> {
    const known = await this.read();
    return { kid: known.rows[0]!.kid, privateKey: known.private };
  }

  /** The key of that id, to verify with; undefined when there is none. */
  async verifying(kid: string): Promise<KeyObject | undefined> {
    const row = (await this.read()).rows.find((key) => key.kid === kid);
    return row && createPublicKey({ key: row.public_jwk as never, format: 'jwk' });
  }

  /** All public keys, newest first. */
  async publicKeys(): Promise<PublicKey[]> {
    return (await this.read()).rows.map((row) => row.public_jwk);
  }

  private async read() {
    if (this.known && Date.now() - this.known.readAt < freshMs) return this.known;
    let rows = await this.data.system((tx) => tx.query<KeyRow>(select));
    if (rows.length === 0) {
      await this.make();
      rows = await this.data.system((tx) => tx.query<KeyRow>(select));
    }
    const newest = rows[0]!;
    this.known = { rows, private: createPrivateKey(this.vault.open(newest.sealed_private_key, newest.kid).toString()), readAt: Date.now() };
    return this.known;
  }

  /** Makes the first key; of several replicas that start at once, one does. */
  private async make(): Promise<void> {
    const { publicKey, privateKey } = await generate('rsa', { modulusLength: modulusBits });
    const kid = randomUUID();
    const { n, e } = publicKey.export({ format: 'jwk' });
    const jwk: PublicKey = { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n: n!, e: e! };
    const sealed = this.vault.seal(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), kid);
    await this.data.system(async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtext('signing_keys'))`);
      await tx.query(
        `insert into signing_keys (kid, public_jwk, sealed_private_key) select $1, $2, $3 where not exists (select from signing_keys where retired_at is null)`,
        [kid, JSON.stringify(jwk), sealed],
      );
    });
  }
}

const select = 'select kid, public_jwk, sealed_private_key from signing_keys where retired_at is null order by created_at desc, kid';
