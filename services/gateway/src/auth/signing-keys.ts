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

/** Milliseconds after which keys are fetched anew. */
const maxAge = 60_000;
/** Milliseconds between two fetches for the sake of unknown key ids, at least. */
const cooldown = 1_000;

/** The keys, remembered. A key that is not known is looked for once more before its token is refused. */
export class SigningKeys {
  private keys: ReadonlyMap<string, CryptoKey> = new Map();
  /** When the fetch of these keys began and ended; milliseconds of a clock that only goes on. */
  private begunAt = -Infinity;
  private fetchedAt = -Infinity;
  private pending: Promise<void> | undefined;
  /** Changes when the set of keys does. */
  generation = 0;

  constructor(private readonly fetchKeys: FetchKeys) {}

  /** The key of that id; undefined when identity has none. */
  async find(id: string): Promise<CryptoKey | undefined> {
    const asked = performance.now();
    await this.ensureFresh();
    // A key may be used the moment it is published: rather than refuse a right token, wait for a fetch that began after it came.
    while (!this.keys.has(id) && this.begunAt < asked) {
      const wait = this.fetchedAt + cooldown - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      else await this.refresh();
    }
    return this.keys.get(id);
  }

  /** Fetches the keys when those at hand are too old: removed keys stop counting. */
  async ensureFresh(): Promise<void> {
    if (performance.now() - this.fetchedAt >= maxAge) await this.refresh();
  }

  private refresh(): Promise<void> {
    return (this.pending ??= this.load().finally(() => (this.pending = undefined)));
  }

  private async load(): Promise<void> {
    const begun = performance.now();
    const keys = await this.fetchKeys();
    if ([...this.keys.keys()].some((id) => !keys.has(id))) this.generation += 1;
    this.keys = keys;
    this.begunAt = begun;
    this.fetchedAt = performance.now();
  }
}
