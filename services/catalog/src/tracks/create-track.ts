import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, CreateTrackResponseSchema, type CreateTrackRequest } from '@tonegrid/contracts';
import { Outbox } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { v7 } from 'uuid';
import { resolveCredits } from '../artists/artist.store';
import { parseCredits } from '../artists/credits';
import { FieldReport } from '../field-report';
import { Minting } from '../identifiers/minting';
import { assertTracksOpen } from '../releases/release';
import { ReleaseChanges } from '../releases/release-changes';
import { parseContributors, parseTrack, usualLanguage } from './parse-track';
import { trackMessage } from './track-messages';
import { countTracks, insertTracks, viewTrack } from './track.store';

/** Adds a track to a release that is in draft or rejected. */
@Rpc(CatalogService.method.createTrack)
@Injectable()
export class CreateTrack {
  constructor(
    private readonly changes: Changes,
    private readonly releases: ReleaseChanges,
    private readonly outbox: Outbox,
    private readonly minting: Minting,
  ) {}

  run(caller: Caller, request: CreateTrackRequest): Promise<MessageInitShape<typeof CreateTrackResponseSchema>> {
    const report = new FieldReport();
    const fields = parseTrack(request, { position: request.position ?? 1, path: '', language: usualLanguage }, report);
    const credits = parseCredits(request.artists, 'artists', report);
    report.throwIfAny();
    return this.minting.with(caller, { isrcs: fields.isrc === null ? 1 : 0 }, (minted) =>
      this.changes.run(caller, CreateTrackResponseSchema, async (tx) => {
        const release = await this.releases.open(tx, request.uuid);
        assertTracksOpen(release);
        const [artists = []] = await resolveCredits(tx, this.outbox, [credits]);
        const uuid = v7();
        const isrc = fields.isrc ?? minted.isrcs[0]!;
        await insertTracks(tx, release.uuid, [
          { uuid, fields: { ...fields, isrc }, artists, contributors: parseContributors(request.contributors) },
        ]);
        await this.releases.record(tx, release, ['tracks'], { trackCount: await countTracks(tx, release.uuid) });
        return { track: trackMessage(await viewTrack(tx, uuid)) };
      }),
    );
  }
}
