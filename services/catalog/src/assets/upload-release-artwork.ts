import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, UploadReleaseArtworkResponseSchema, type UploadReleaseArtworkRequest } from '@tonegrid/contracts';
import { Data, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { isUuid, Rpc, type Caller } from '@tonegrid/rpc';
import type { Written } from '@tonegrid/storage';
import { v4, v7 } from 'uuid';
import { ReleaseChanges } from '../releases/release-changes';
import { ReleaseMessages } from '../releases/release-messages';
import { updateRelease } from '../releases/release.store';
import { artworkLocation, artworkTypes, mostArtworkBytes } from './artwork';
import { insertAsset, markUnused } from './asset.store';
import { openUpload } from './open-upload';
import { ImageRefused, probeImage, type ImageFacts, type ImageWarning } from './probe/probe-image';
import { Uploads, withContentHash } from './uploads';

const sentences: Record<ImageWarning, string> = {
  below_3000_pixels: 'The artwork is smaller than 3000 x 3000 pixels: some DSPs will not show it.',
  transparency: 'The artwork has transparent parts, which most DSPs fill with a colour of their own.',
  greyscale: 'The artwork is greyscale; some DSPs ask for RGB.',
};

/** Stores the cover of a release, after it was decoded whole. A picture is at most 30 MB, so it may be held in memory. */
@Rpc(CatalogService.method.uploadReleaseArtwork)
@Injectable()
export class UploadReleaseArtwork {
  constructor(
    private readonly data: Data,
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
    private readonly uploads: Uploads,
    private readonly messages: ReleaseMessages,
  ) {}

  async run(
    caller: Caller,
    parts: AsyncIterable<UploadReleaseArtworkRequest>,
  ): Promise<MessageInitShape<typeof UploadReleaseArtworkResponseSchema>> {
    const { start, chunks } = await openUpload(parts);
    const { uuid } = start;
    if (!isUuid(uuid)) throw new Refused('release.not_found');
    await this.data.transaction(caller, (tx) => this.releases.open(tx, uuid));
    const picture = await collect(chunks);
    const facts = await probe(picture);
    const type = artworkTypes[facts.codec];
    const key = `${v4()}.${type.extension}`;
    const incoming = { storageKey: artworkLocation(key), contentType: type.contentType, bytes: once(picture) };
    return this.uploads.take(caller, incoming, (written) =>
      this.changes.run(withContentHash(caller, written.sha256), UploadReleaseArtworkResponseSchema, async (tx) => {
        const warnings = facts.warnings.map((warning) => sentences[warning]);
        await this.record(tx, uuid, { key, fileName: start.fileName, contentType: type.contentType, written, facts, warnings });
        return {
          message: 'Artwork uploaded.',
          artworkUrl: this.messages.artworkUrl(key),
          width: facts.width,
          height: facts.height,
          warnings,
        };
      }),
    );
  }

  private async record(
    tx: Tx,
    releaseUuid: string,
    file: { key: string; fileName: string; contentType: string; written: Written; facts: ImageFacts; warnings: string[] },
  ): Promise<void> {
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
    await this.releases.record(tx, release, ['artwork']);
  }
}

async function probe(picture: Buffer): Promise<ImageFacts> {
  try {
    return await probeImage(picture);
  } catch (error) {
    if (error instanceof ImageRefused) throw new Refused('artwork.invalid', { field: 'artwork', params: { reason: error.message } });
    throw error;
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
