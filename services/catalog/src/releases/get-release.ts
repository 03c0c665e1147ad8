import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type GetReleaseRequest, type GetReleaseResponseSchema } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { ReleaseMessages } from './release-messages';
import type { ReleaseView } from './release-row';
import { releaseViewSql } from './release.store';

/** One release, in one round trip to the database. */
@Rpc(CatalogService.method.getRelease)
@Injectable()
export class GetRelease {
  constructor(
    private readonly data: Data,
    private readonly messages: ReleaseMessages,
  ) {}

  async run(caller: Caller, { uuid }: GetReleaseRequest): Promise<MessageInitShape<typeof GetReleaseResponseSchema>> {
    const [row] = await this.data.read<ReleaseView>(caller, releaseViewSql, [uuid], 'get_release');
    if (!row) throw new Refused('release.not_found');
    return { release: this.messages.release(row) };
  }
}
