import type { MessageShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, CreateReleaseResponseSchema, type CreateReleaseRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { parseCredits } from '../artists/credits';
import { FieldReport } from '../field-report';
import { Minting } from '../identifiers/minting';
import { parseRelease, type Draft } from './parse-release';
import { ReleaseMessages } from './release-messages';
import { needsOf, writeRelease } from './write-release';

/** Makes a release in draft. */
@Rpc(CatalogService.method.createRelease)
@Injectable()
export class CreateRelease {
  constructor(
    private readonly changes: Changes,
    private readonly outbox: Outbox,
    private readonly minting: Minting,
    private readonly messages: ReleaseMessages,
  ) {}

  run(caller: Caller, request: CreateReleaseRequest): Promise<MessageShape<typeof CreateReleaseResponseSchema>> {
    const report = new FieldReport();
    const draft: Draft = {
      fields: parseRelease(request, { label: caller.tenantName, year: new Date().getUTCFullYear() }, report),
      credits: parseCredits(request.artists, 'artists', report),
      tracks: [],
      dsps: [],
      tenantName: caller.tenantName,
      source: 'api',
      ingestionJobUuid: null,
    };
    report.throwIfAny();
    return this.minting.with(caller, needsOf(draft), (minted) =>
      this.changes.run(caller, CreateReleaseResponseSchema, async (tx) => ({
        release: this.messages.release(await writeRelease(tx, this.outbox, draft, minted)),
      })),
    );
  }
}
