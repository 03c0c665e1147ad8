import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, CreateArtistResponseSchema, type CreateArtistRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { artistCreated } from './artist-events';
import { artistMessage } from './artist-messages';
import { insertArtist } from './artist.store';
import { parseArtist } from './parse-artist';

/** Makes an artist profile. Names are not unique: two artists may share one. */
@Rpc(CatalogService.method.createArtist)
@Injectable()
export class CreateArtist {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
  ) {}

  async run(caller: Caller, request: CreateArtistRequest): Promise<MessageInitShape<typeof CreateArtistResponseSchema>> {
    const fields = parseArtist(request);
    return this.changes.run(caller, CreateArtistResponseSchema, async (tx) => {
      const artist = await insertArtist(tx, fields);
      await this.outbox.add(tx, artistCreated(tx.tenantUuid, artist));
      return { artist: artistMessage(artist) };
    });
  }
}
