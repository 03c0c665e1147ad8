import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, UploadReleaseArtworkResponseSchema, type UploadReleaseArtworkRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { isUuid, Rpc, type Caller } from '@tonegrid/rpc';
import { ReleaseChanges } from '../releases/release-changes';
import { ReleaseMessages } from '../releases/release-messages';
import { openUpload } from './open-upload';
import { ImageRefused } from './probe/probe-image';
import { StoreReleaseArtwork } from './store-release-artwork';
import { withContentHash } from './uploads';

/** Stores the cover of a release, after it was decoded whole. */
@Rpc(CatalogService.method.uploadReleaseArtwork)
@Injectable()
export class UploadReleaseArtwork {
  constructor(
    private readonly data: Data,
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
    private readonly artwork: StoreReleaseArtwork,
    private readonly messages: ReleaseMessages,
  ) {}

  async run(
    caller: Caller,
    parts: AsyncIterable<UploadReleaseArtworkRequest>,
  ): Promise<MessageInitShape<typeof UploadReleaseArtworkResponseSchema>> {
    const { start, chunks } = await openUpload(parts);
    const { uuid, fileName } = start;
    if (!isUuid(uuid)) throw new Refused('release.not_found');
    await this.data.transaction(caller, (tx) => this.releases.open(tx, uuid));
    try {
      return await this.artwork.run(caller, { releaseUuid: uuid, fileName, bytes: chunks }, ({ written, key, facts, warnings }, record) =>
        this.changes.run(withContentHash(caller, written.sha256), UploadReleaseArtworkResponseSchema, async (tx) => {
          await record(tx);
          const { width, height } = facts;
          return { message: 'Artwork uploaded.', artworkUrl: this.messages.artworkUrl(key), width, height, warnings };
        }),
      );
    } catch (error) {
      if (error instanceof ImageRefused) throw new Refused('artwork.invalid', { field: 'artwork', params: { reason: error.message } });
      throw error;
    }
  }
}
