import { Inject, Injectable } from '@nestjs/common';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import type { Caller } from '@tonegrid/rpc';
import type { Storage, Written } from '@tonegrid/storage';
import { STORAGE } from '../storage';
import { forgetUpload, noteUpload } from './asset.store';

/** A file on its way in. */
export interface Incoming {
  /** New for each upload: what is stored is never overwritten. */
  storageKey: string;
  contentType: string;
  bytes: AsyncIterable<Uint8Array>;
}

/** What `record` throws when it leaves the file unrecorded for a reason of its own: nothing is going to show it. */
export class NotRecorded extends Error {
  override readonly name = 'NotRecorded';
}

/**
 * Files come in two steps: the bytes go to storage, then one transaction records them. Before the first step the key is
 * written down, and the transaction strikes it out; so whatever a crash leaves in storage is known and swept.
 */
@Injectable()
export class Uploads {
  constructor(
    private readonly data: Data,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /**
   * Stores the bytes, then runs `record`, which must insert the asset. The file is removed again when the bytes or the record
   * are refused, or when the record turns out to be the answer of an earlier call (`caller.answer.replayed`).
   */
  async take<T>(caller: Caller, { storageKey, contentType, bytes }: Incoming, record: (written: Written) => Promise<T>): Promise<T> {
    await this.data.transaction(caller, (tx) => noteUpload(tx, storageKey));
    let written: Written;
    try {
      written = await this.storage.write(storageKey, bytes, { contentType, signal: caller.signal });
      // The caller went away: what came may be the beginning of the file only.
      caller.signal?.throwIfAborted();
    } catch (error) {
      await this.discard(caller, storageKey);
      throw error;
    }
    try {
      const answer = await record(written);
      if (caller.answer.replayed) await this.discard(caller, storageKey);
      return answer;
    } catch (error) {
      // With any other error it may be unknown whether the record was committed: the sweep finds out.
      if (error instanceof NotRecorded || (error instanceof Refused && error.status < 500)) await this.discard(caller, storageKey);
      throw error;
    }
  }

  private async discard(caller: Caller, storageKey: string): Promise<void> {
    await this.storage.delete(storageKey);
    await this.data.transaction(caller, (tx) => forgetUpload(tx, storageKey));
  }
}

/** The caller, with the bytes added to the hash of the request, which nobody could know before the last one had come (`UploadStart` in the contract). */
export const withContentHash = (caller: Caller, sha256: string): Caller =>
  caller.idempotency ? { ...caller, idempotency: { ...caller.idempotency, bodyHash: `${caller.idempotency.bodyHash}:${sha256}` } } : caller;
