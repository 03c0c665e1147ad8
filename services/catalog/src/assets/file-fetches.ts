import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { Vault } from '@tonegrid/secrets';
import { v7 } from 'uuid';
import { FetchWorker } from './fetch-worker';
import { insertFetches } from './fetch.store';
import { sealUrl } from './fetch-url';

/** A file, where its owner has it. */
export interface FileToFetch {
  releaseUuid: string;
  /** Null for the cover of the release. */
  trackUuid: string | null;
  url: string;
}

/** Has files fetched in the background. */
@Injectable()
export class FileFetches {
  constructor(
    private readonly vault: Vault,
    private readonly worker: FetchWorker,
  ) {}

  /** Files of the running tenant, of releases and tracks that this transaction has made. Fetching begins when it is committed. */
  async add(tx: Tx, files: readonly FileToFetch[]): Promise<void> {
    if (files.length === 0) return;
    const fetches = files.map(({ releaseUuid, trackUuid, url }) => {
      const uuid = v7();
      return { uuid, releaseUuid, trackUuid, url: sealUrl(this.vault, url, uuid) };
    });
    await insertFetches(tx, fetches);
    tx.afterCommit(() => this.worker.wake());
  }
}
