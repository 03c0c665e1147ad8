import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type GetTrackRequest, type GetTrackResponseSchema } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { trackMessage } from './track-messages';
import type { TrackRow } from './track-row';
import { trackSql } from './track.store';

/** One track with its credits and what is known of its audio. */
@Rpc(CatalogService.method.getTrack)
@Injectable()
export class GetTrack {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, { uuid }: GetTrackRequest): Promise<MessageInitShape<typeof GetTrackResponseSchema>> {
    const [row] = await this.data.read<TrackRow>(caller, trackSql, [uuid], 'get_track');
    if (!row) throw new Refused('track.not_found');
    return { track: trackMessage(row) };
  }
}
