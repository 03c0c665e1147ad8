import { Refused } from '@tonegrid/errors';
import type { Authenticated, Credential } from './identity';

interface Entry {
  /** When identity was asked: what it said is as old as that. */
  askedAt: number;
  outcome?: Authenticated | Refused;
  pending?: Promise<Authenticated>;
  /** The next answer is being fetched while this one still serves. */
  renewing: boolean;
}

/** How the cache behaves. */
export interface CallerCacheOptions {
  /** An answer serves no longer than this after the question, so that a revocation takes effect; milliseconds. */
  maxAgeMs?: number;
  /** An answer that is used after this is renewed in the background; milliseconds. */
  renewAfterMs?: number;
  /** Most credentials that are remembered. */
  size?: number;
  now?: () => number;
}

/**
 * Remembers for at most a second who a credential belongs to, refusals included. One question at a time for a credential; what
 * identity could not answer (it is away) is not remembered.
 */
export class CallerCache {
  private readonly entries = new Map<string, Entry>();
  private readonly maxAge: number;
  private readonly renewAfter: number;
  private readonly size: number;
  private readonly now: () => number;

  constructor(
    private readonly ask: (credential: Credential) => Promise<Authenticated>,
    { maxAgeMs = 1_000, renewAfterMs = 500, size = 10_000, now = Date.now }: CallerCacheOptions = {},
  ) {
    this.maxAge = maxAgeMs;
    this.renewAfter = renewAfterMs;
    this.size = size;
    this.now = now;
  }

  /**
   * Who it is; throws (or rejects with) the refusal. Answers without a promise when it is known.
   * @param key names the credential without containing it: its hash
   */
  find(key: string, credential: Credential): Authenticated | Promise<Authenticated> {
    const entry = this.entries.get(key);
    const age = entry ? this.now() - entry.askedAt : Infinity;
    if (!entry || age >= this.maxAge) return this.begin(key, credential);
    if (entry.outcome === undefined) return entry.pending!;
    if (age >= this.renewAfter && !entry.renewing) {
      entry.renewing = true;
      // A failed renewal leaves the known answer to its age; the request that finds it too old asks again and is told.
      this.begin(key, credential, entry).catch(() => undefined);
    }
    if (entry.outcome instanceof Refused) throw entry.outcome;
    return entry.outcome;
  }

  /**
   * Forgets what may no longer be true: whoever comes next is asked about anew, and questions that are under way are not remembered.
   * @param touched told the key and who it is, undefined for a refusal or a question under way
   */
  drop(touched: (key: string, known: Authenticated | undefined) => boolean): void {
    for (const [key, { outcome }] of this.entries)
      if (touched(key, outcome instanceof Refused ? undefined : outcome)) this.entries.delete(key);
  }

  private begin(key: string, credential: Credential, before?: Entry): Promise<Authenticated> {
    const entry: Entry = { askedAt: this.now(), renewing: false };
    if (!before) this.put(key, entry);
    const settle = (outcome: Authenticated | Refused) => {
      entry.outcome = outcome;
      entry.pending = undefined;
      // Unless it was dropped meanwhile: then this may be what was true before.
      if (before && this.entries.get(key) === before) this.put(key, entry);
    };
    entry.pending = this.ask(credential).then(
      (found) => {
        settle(found);
        return found;
      },
      (error: unknown) => {
        if (error instanceof Refused && error.status === 401) settle(error);
        else if (this.entries.get(key) === entry) this.entries.delete(key);
        throw error;
      },
    );
    return entry.pending;
  }

  /** The one that was asked longest ago makes room. */
  private put(key: string, entry: Entry): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
    if (this.entries.size > this.size) this.entries.delete(this.entries.keys().next().value!);
  }
}
