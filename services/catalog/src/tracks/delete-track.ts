import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, DeleteTrackResponseSchema, type DeleteTrackRequest } from '@tonegrid/contracts';
import { audited } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { assertTracksOpen } from '../releases/release';
import { ReleaseChanges } from '../releases/release-changes';
import { countTracks, deleteTrack, releaseOfTrack, viewTrack } from './track.store';

/** Removes a track from a release that is in draft or rejected. */
@Rpc(CatalogService.method.deleteTrack)
@Injectable()
export class DeleteTrack {
  constructor(
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
  ) {}

  run(caller: Caller, { uuid }: DeleteTrackRequest): Promise<MessageInitShape<typeof DeleteTrackResponseSchema>> {
    return this.changes.run(caller, DeleteTrackResponseSchema, async (tx) => {
      const release = await this.releases.open(tx, await releaseOfTrack(tx, uuid));
      assertTracksOpen(release);
      const { title, isrc } = await viewTrack(tx, uuid);
      await deleteTrack(tx, uuid);
      await this.releases.record(tx, release, ['tracks'], {
        trackCount: await countTracks(tx, release.uuid),
        audit: audited(caller, { action: 'track.deleted', target: `track:${uuid}`, before: { title, isrc, release: release.uuid } }),
      });
      return { message: 'Track deleted.' };
    });
  }
}
