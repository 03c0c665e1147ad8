import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type ListReleasesRequest, type ListReleasesResponseSchema } from '@tonegrid/contracts';
import { newestFirst, Pages, plainPage, type Condition } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { releasesOfArtist } from '../artists/artist.store';
import { contains } from '../contains';
import { typeWord } from './parse-release';
import { ReleaseMessages, statusWord } from './release-messages';
import type { ReleaseSummaryRow } from './release-row';

/** The releases of the tenant, newest first. */
@Rpc(CatalogService.method.listReleases)
@Injectable()
export class ListReleases {
  constructor(
    private readonly pages: Pages,
    private readonly messages: ReleaseMessages,
  ) {}

  async run(caller: Caller, request: ListReleasesRequest): Promise<MessageInitShape<typeof ListReleasesResponseSchema>> {
    const page = await this.pages.list<ReleaseSummaryRow>(caller, request, {
      name: 'releases',
      select: 'r.uuid, r.title, r.type, r.status, r.upc, r.release_date, r.artwork_key, r.created_at',
      from: 'releases r',
      tenant: 'r.tenant_uuid',
      where: filters(request),
      order: newestFirst('r'),
      sizes: { usual: 20 },
    });
    return { data: page.rows.map((row) => this.messages.summary(row)), ...plainPage(page) };
  }
}

function filters(request: ListReleasesRequest): Record<string, Condition | undefined> {
  const status = statusWord(request.status);
  const type = typeWord(request.type);
  const upc = request.upc?.replace(/[\s-]/g, '');
  return {
    status: status === undefined ? undefined : ['r.status = $1', status],
    type: type === undefined ? undefined : ['r.type = $1', type],
    // A part of a title can stand anywhere in it, which only a trigram index would serve, and that extension is not everywhere:
    // the tenant's releases are walked in list order until the page is full.
    q: request.q ? ['r.title ilike $1', contains(request.q)] : undefined,
    upc: upc ? ['r.upc = $1', upc] : undefined,
    artist_uuid: request.artistUuid ? [`r.uuid in (${releasesOfArtist('$1')})`, request.artistUuid] : undefined,
  };
}
