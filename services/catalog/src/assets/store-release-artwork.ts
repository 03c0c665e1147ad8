import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import type { Caller } from '@tonegrid/rpc';
import type { Written } from '@tonegrid/storage';
import { v4, v7 } from 'uuid';
import { ReleaseChanges } from '../releases/release-changes';
import { updateRelease } from '../releases/release.store';
import { artworkLocation, artworkTypes, mostArtworkBytes } from './artwork';
import { insertAsset, markUnused } from './asset.store';
import { dropArtworkFetch } from './fetch.store';
import { probeImage, type ImageFacts, type ImageWarning } from './probe/probe-image';
import { Uploads } from './uploads';

const sentences: Record<ImageWarning, string> = {
  below_3000_pixels: 'The artwork is smaller than 3000 x 3000 pixels: some DSPs will not show it.',
  transparency: 'The artwork has transparent parts, which most DSPs fill with a colour of their own.',
  greyscale: 'The artwork is greyscale; some DSPs ask for RGB.',
};

/** The cover of a release on its way in, uploaded or fetched. */
export interface IncomingArtwork {
  releaseUuid: string;
  fileName: string;
  bytes: AsyncIterable<Uint8Array>;
}

/** A cover that was stored. */
export interface StoredArtwork {
  written: Written;
  /** By which it is shown. */
  key: string;
  facts: ImageFacts;
  /** Sentences for its owner. */
  warnings: string[];
}

/** The one way in which covers are stored, whoever brings them: decoded whole, stored, recorded. At most 30 MB, so it may be held in memory. */
@Injectable()
export class StoreReleaseArtwork {
  constructor(
    private readonly releases: ReleaseChanges,
    private readonly uploads: Uploads,
  ) {}

  /**
   * Stores the bytes; then `commit` opens a transaction and calls `record` in it, which makes them the release's cover. Throws ImageRefused
   * for what is no cover, `request.too_large`, and what the bytes, `record` (`release.not_found`, `release.not_editable`) or `commit` throw.
   */
  async run<T>(
    caller: Caller,
    { releaseUuid, fileName, bytes }: IncomingArtwork,
    commit: (stored: StoredArtwork, record: (tx: Tx) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const picture = await collect(bytes);
    const facts = await probeImage(picture);
    const type = artworkTypes[facts.codec];
    const key = `${v4()}.${type.extension}`;
    const warnings = facts.warnings.map((warning) => sentences[warning]);
    const incoming = { storageKey: artworkLocation(key), contentType: type.contentType, bytes: once(picture) };
    return this.uploads.take(caller, incoming, (written) => {
      const stored = { written, key, facts, warnings };
      return commit(stored, (tx) => this.record(tx, releaseUuid, { ...stored, fileName, contentType: type.contentType }));
    });
  }

  private async record(tx: Tx, releaseUuid: string, file: StoredArtwork & { fileName: string; contentType: string }): Promise<void> {
    const release = await this.releases.open(tx, releaseUuid);
    const { key, fileName, contentType, written, facts, warnings } = file;
    const { md5, sha256, size } = written;
    const asset = v7();
    const { width, height } = facts;
    await insertAsset(tx, {
      uuid: asset,
      kind: 'artwork',
      storageKey: artworkLocation(key),
      contentType,
      md5,
      sha256,
      size,
      fileName,
      width,
      height,
    });
    await markUnused(tx, release.artwork_uuid);
    await updateRelease(tx, release.uuid, { artwork_uuid: asset, artwork_key: key, artwork_warnings: warnings });
    await dropArtworkFetch(tx, release.uuid);
    await this.releases.record(tx, release, ['artwork']);
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > mostArtworkBytes) throw new Refused('request.too_large', { params: { limit: mostArtworkBytes } });
    held.push(chunk);
  }
  return Buffer.concat(held);
}

/** Storage takes streams. */
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
