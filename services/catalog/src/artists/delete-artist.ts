import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, DeleteArtistResponseSchema, type DeleteArtistRequest } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { audited, Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { artistDeleted } from './artist-events';
import { deleteArtist, isCredited, lockArtist } from './artist.store';

/** Deletes an artist that no release or track credits. */
@Rpc(CatalogService.method.deleteArtist)
@Injectable()
export class DeleteArtist {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
  ) {}

  run(caller: Caller, { uuid }: DeleteArtistRequest): Promise<MessageInitShape<typeof DeleteArtistResponseSchema>> {
    return this.changes.run(caller, DeleteArtistResponseSchema, async (tx) => {
      // The lock keeps others from crediting the artist meanwhile: a foreign key needs the row, too.
      const artist = await lockArtist(tx, uuid);
      if (await isCredited(tx, uuid)) throw new Refused('artist.in_use');
      await deleteArtist(tx, uuid);
      await this.outbox.addAll(tx, [
        artistDeleted(tx.tenantUuid, artist),
        audited(caller, { action: 'artist.deleted', target: `artist:${uuid}`, before: { name: artist.name } }),
      ]);
      return {};
    });
  }
}
