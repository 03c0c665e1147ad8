import { randomUUID } from 'node:crypto';
import type { IdentityService } from '@tonegrid/contracts';
import { systemCaller, type RpcClient } from '@tonegrid/rpc';
import { importJWK, type CryptoKey } from 'jose';

/** Fetches the public keys that access tokens are signed with: key id → key. */
export type FetchKeys = () => Promise<ReadonlyMap<string, CryptoKey>>;

/** Identity's signing keys over gRPC; others than RS256 are passed over. */
export const fetchSigningKeys =
  (identity: RpcClient<typeof IdentityService>): FetchKeys =>
  async () => {
    const { keys } = await identity.listSigningKeys(systemCaller('gateway', '', randomUUID()), {});
    const imported = new Map<string, CryptoKey>();
    for (const { kty, alg, kid, n, e } of keys)
      if (kty === 'RSA' && alg === 'RS256') imported.set(kid, await importJWK({ kty: 'RSA' as const, n, e }, alg));
    return imported;
  };

/** How often keys may be fetched. */
export interface SigningKeysOptions {
  /** Keys are fetched anew after this time; milliseconds. */
  maxAgeMs?: number;
  /** An unknown key id makes it fetch at most this often; milliseconds. */
  cooldownMs?: number;
  now?: () => number;
}

/** The keys, remembered. A key that is not known is looked for once more before its token is refused. */
export class SigningKeys {
  private keys: ReadonlyMap<string, CryptoKey> = new Map();
  private fetchedAt = -Infinity;
  private pending: Promise<void> | undefined;
  private readonly maxAge: number;
  private readonly cooldown: number;
  private readonly now: () => number;
  /** Changes when the set of keys does. */
  generation = 0;

  constructor(
    private readonly fetchKeys: FetchKeys,
    { maxAgeMs = 60_000, cooldownMs = 1_000, now = Date.now }: SigningKeysOptions = {},
  ) {
    this.maxAge = maxAgeMs;
    this.cooldown = cooldownMs;
    this.now = now;
  }

  /** The key of that id; undefined when identity has none. */
  async find(id: string): Promise<CryptoKey | undefined> {
    if (this.now() - this.fetchedAt >= this.maxAge) await this.refresh();
    const known = this.keys.get(id);
    if (known) return known;
    // A key may be used the moment it is published: wait for the next fetch that is allowed rather than refuse a right token.
    const wait = this.cooldown - (this.now() - this.fetchedAt);
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    if (this.keys.has(id)) return this.keys.get(id);
    if (this.now() - this.fetchedAt >= this.cooldown) await this.refresh();
    return this.keys.get(id);
  }

  /** Fetches the keys when those at hand are too old: removed keys stop counting. */
  async ensureFresh(): Promise<void> {
    if (this.now() - this.fetchedAt >= this.maxAge) await this.refresh();
  }

  private refresh(): Promise<void> {
    return (this.pending ??= this.load().finally(() => (this.pending = undefined)));
  }

  private async load(): Promise<void> {
    const keys = await this.fetchKeys();
    if ([...this.keys.keys()].some((id) => !keys.has(id))) this.generation += 1;
    this.keys = keys;
    this.fetchedAt = this.now();
  }
}
