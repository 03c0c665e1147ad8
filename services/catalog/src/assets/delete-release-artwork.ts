import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, DeleteReleaseArtworkResponseSchema, type DeleteReleaseArtworkRequest } from '@tonegrid/contracts';
import { audited } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { assertWithOwner } from '../releases/release';
import { ReleaseChanges } from '../releases/release-changes';
import { updateRelease } from '../releases/release.store';
import { markUnused } from './asset.store';
import { dropArtworkFetch } from './fetch.store';

/** Removes the cover of a release in draft or rejected, or one that is still to be fetched; a submitted release can only get another one. */
@Rpc(CatalogService.method.deleteReleaseArtwork)
@Injectable()
export class DeleteReleaseArtwork {
  constructor(
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
  ) {}

  run(caller: Caller, { uuid }: DeleteReleaseArtworkRequest): Promise<MessageInitShape<typeof DeleteReleaseArtworkResponseSchema>> {
    return this.changes.run(caller, DeleteReleaseArtworkResponseSchema, async (tx) => {
      const release = await this.releases.open(tx, uuid);
      assertWithOwner(release);
      await dropArtworkFetch(tx, uuid);
      if (release.artwork_uuid === null) {
        // What was said of a cover that could not be fetched.
        if (release.artwork_warnings.length > 0) await updateRelease(tx, uuid, { artwork_warnings: [] });
      } else {
        await markUnused(tx, release.artwork_uuid);
        await updateRelease(tx, uuid, { artwork_uuid: null, artwork_key: null, artwork_warnings: [] });
        await this.releases.record(tx, release, ['artwork'], {
          audit: audited(caller, {
            action: 'release.artwork_deleted',
            target: `release:${uuid}`,
            before: { artwork: release.artwork_uuid },
          }),
        });
      }
      return {};
    });
  }
}
