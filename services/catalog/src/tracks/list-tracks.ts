import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type ListTracksRequest, type ListTracksResponseSchema } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { ofRelease } from '../releases/of-release';
import { trackMessage } from './track-messages';
import type { TrackRow } from './track-row';
import { tracksSql } from './track.store';

/** The tracks of a release, by position. */
@Rpc(CatalogService.method.listTracks)
@Injectable()
export class ListTracks {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, { uuid }: ListTracksRequest): Promise<MessageInitShape<typeof ListTracksResponseSchema>> {
    const rows = await ofRelease<TrackRow>(this.data, caller, uuid, tracksSql, 'tracks_of_release');
    return { tracks: rows.map(trackMessage) };
  }
}
