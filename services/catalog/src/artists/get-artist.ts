import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type GetArtistRequest, type GetArtistResponseSchema } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import type { ArtistRow } from './artist';
import { artistMessage } from './artist-messages';
import { artistSql } from './artist.store';

/** One artist. */
@Rpc(CatalogService.method.getArtist)
@Injectable()
export class GetArtist {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, { uuid }: GetArtistRequest): Promise<MessageInitShape<typeof GetArtistResponseSchema>> {
    const [row] = await this.data.read<ArtistRow>(caller, artistSql, [uuid], 'get_artist');
    if (!row) throw new Refused('artist.not_found');
    return { artist: artistMessage(row) };
  }
}
