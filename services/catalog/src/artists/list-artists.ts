import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type ListArtistsRequest, type ListArtistsResponseSchema } from '@tonegrid/contracts';
import { ascendingBy, Pages, plainPage } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { contains } from '../contains';
import type { ArtistRow } from './artist';
import { artistMessage } from './artist-messages';
import { artistColumns } from './artist.store';

/** The artists of the tenant, in alphabetical order. */
@Rpc(CatalogService.method.listArtists)
@Injectable()
export class ListArtists {
  constructor(private readonly pages: Pages) {}

  async run(caller: Caller, request: ListArtistsRequest): Promise<MessageInitShape<typeof ListArtistsResponseSchema>> {
    const page = await this.pages.list<ArtistRow>(caller, request, {
      name: 'artists',
      select: artistColumns,
      from: 'artists a',
      tenant: 'a.tenant_uuid',
      where: { q: request.q ? ['a.name ilike $1', contains(request.q)] : undefined },
      order: ascendingBy('a', 'sort_name'),
    });
    return { artists: page.rows.map(artistMessage), ...plainPage(page) };
  }
}
