import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, CreateReleaseResponseSchema, type CreateReleaseRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { parseCredits } from '../artists/credits';
import { FieldReport } from '../field-report';
import { Minting } from '../identifiers/minting';
import { DefaultDsps } from './default-dsps';
import { parseRelease, type Draft } from './parse-release';
import { ReleaseMessages } from './release-messages';
import { needsOf, writeReleases } from './write-release';

/** Makes a release in draft. */
@Rpc(CatalogService.method.createRelease)
@Injectable()
export class CreateRelease {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
    private readonly minting: Minting,
    private readonly dsps: DefaultDsps,
    private readonly messages: ReleaseMessages,
  ) {}

  async run(caller: Caller, request: CreateReleaseRequest): Promise<MessageInitShape<typeof CreateReleaseResponseSchema>> {
    const report = new FieldReport();
    const fields = parseRelease(request, { label: caller.tenantName, year: new Date().getUTCFullYear() }, report);
    const credits = parseCredits(request.artists, 'artists', report);
    report.throwIfAny();
    const draft: Draft = {
      fields,
      credits,
      tracks: [],
      artworkUrl: null,
      dsps: await this.dsps.unless(caller, []),
      tenantName: caller.tenantName,
      source: 'api',
      ingestionJobUuid: null,
    };
    return this.minting.with(caller, needsOf(draft), (minted) =>
      this.changes.run(caller, CreateReleaseResponseSchema, async (tx) => {
        const [release] = await writeReleases(tx, this.outbox, [{ draft, minted }]);
        return { release: this.messages.release(release!) };
      }),
    );
  }
}
