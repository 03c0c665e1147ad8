import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, UpdateArtistResponseSchema, type UpdateArtistRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { releaseUpdated } from '../releases/release-events';
import { changedFields, supplied } from '../supplied';
import type { ArtistFields } from './artist';
import { artistMessage } from './artist-messages';
import { lockArtist, markReleasesOf, updateArtist } from './artist.store';
import { parseArtist } from './parse-artist';

/** What of an artist stands in messages to DSPs. */
const delivered = ['name', 'isni'];

/** Changes the supplied fields of an artist. A new name or ISNI is a change of the releases that credit the artist. */
@Rpc(CatalogService.method.updateArtist)
@Injectable()
export class UpdateArtist {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
  ) {}

  async run(caller: Caller, request: UpdateArtistRequest): Promise<MessageInitShape<typeof UpdateArtistResponseSchema>> {
    const has = supplied(request);
    const parsed = parseArtist(has('name') ? request : { ...request, name: 'unchanged' });
    const names = Object.keys(parsed) as (keyof ArtistFields & Parameters<typeof has>[0])[];
    const values = Object.fromEntries(names.filter(has).map((name) => [name, parsed[name]])) as Partial<ArtistFields>;
    return this.changes.run(caller, UpdateArtistResponseSchema, async (tx) => {
      const artist = await lockArtist(tx, request.uuid);
      const differing = changedFields<ArtistFields>(artist, values);
      if (Object.keys(differing).length === 0) return { artist: artistMessage(artist) };
      if (delivered.some((name) => name in differing)) {
        const releases = await markReleasesOf(tx, artist.uuid);
        await this.outbox.addAll(
          tx,
          releases.map((release) => releaseUpdated(release, ['artists'])),
        );
      }
      return { artist: artistMessage(await updateArtist(tx, artist.uuid, differing)) };
    });
  }
}
