import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import {
  CatalogService,
  type AssetFileSchema,
  type GetReleaseSnapshotRequest,
  type GetReleaseSnapshotResponseSchema,
} from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { effectiveMessages } from '../supply-chain/supply-chain-messages';
import { supplyChainOf, supplyChainSql, type SupplyChainRow } from '../supply-chain/supply-chain.store';
import { trackMessage } from '../tracks/track-messages';
import type { TrackRow } from '../tracks/track-row';
import { tracksSql } from '../tracks/track.store';
import { ReleaseMessages } from './release-messages';
import type { ReleaseView } from './release-row';
import { releaseViewSql } from './release.store';

interface AssetRow {
  storage_key: string;
  content_type: string;
  md5: string;
  /** bigint as text. */
  size_bytes: string;
  width: number;
  height: number;
}

/** All of one release, in one round trip: $1 its uuid. */
const statements = [
  { name: 'get_release', text: releaseViewSql },
  { name: 'release_tracks', text: tracksSql },
  { name: 'supply_chain', text: supplyChainSql },
  {
    name: 'release_artwork',
    text: `select a.storage_key, a.content_type, a.md5, a.size_bytes, a.width, a.height
      from releases r join assets a on a.uuid = r.artwork_uuid where r.uuid = $1`,
  },
  {
    name: 'release_isnis',
    text: `select a.uuid, a.isni from artists a where a.isni is not null and a.uuid in (
        select artist_uuid from release_artists where release_uuid = $1
        union all select c.artist_uuid from tracks t join track_artists c on c.track_uuid = t.uuid where t.release_uuid = $1)`,
  },
];

/** Everything that a message about the release to one DSP is made of, as of one moment: nothing in it is newer than its revision. */
@Rpc(CatalogService.method.getReleaseSnapshot)
@Injectable()
export class GetReleaseSnapshot {
  constructor(
    private readonly data: Data,
    private readonly registry: DspRegistry,
    private readonly messages: ReleaseMessages,
  ) {}

  async run(
    caller: Caller,
    { uuid, dspSlug }: GetReleaseSnapshotRequest,
  ): Promise<MessageInitShape<typeof GetReleaseSnapshotResponseSchema>> {
    const [[release], tracks, [chain], [artwork], isnis] = (await this.data.snapshot(
      caller,
      statements.map((statement) => ({ ...statement, values: [uuid] })),
    )) as [[ReleaseView?], TrackRow[], [SupplyChainRow?], [AssetRow?], { uuid: string; isni: string }[]];
    if (!release) throw new Refused('release.not_found');
    const dsp = this.registry.get(dspSlug);
    if (!dsp) throw new Refused('dsp.not_found', { params: { slug: dspSlug } });
    if (!release.dsps.includes(dsp.slug)) throw new Refused('dsp.not_attached', { params: { slug: dspSlug } });
    const [config] = effectiveMessages(this.registry, { ...supplyChainOf(chain!), dsps: [dsp.slug] });
    return {
      release: this.messages.release(release),
      tracks: tracks.map((row) => ({ track: trackMessage(row), audio: audioFile(row), durationMs: BigInt(row.duration_ms ?? 0) })),
      artwork: artwork && file(artwork),
      artworkWidth: artwork?.width ?? 0,
      artworkHeight: artwork?.height ?? 0,
      config,
      tenantUuid: release.tenant_uuid,
      tenantName: caller.tenantName || release.tenant_name,
      revision: BigInt(release.revision),
      artistIsnis: Object.fromEntries(isnis.map((artist) => [artist.uuid, artist.isni])),
    };
  }
}

const file = (row: Omit<AssetRow, 'width' | 'height'>): MessageInitShape<typeof AssetFileSchema> => ({
  storageKey: row.storage_key,
  md5: row.md5,
  sizeBytes: BigInt(row.size_bytes),
  contentType: row.content_type,
});

/** The audio of a track once it is checked; audio that is being checked, or was refused, is not to be sent. */
function audioFile(row: TrackRow): MessageInitShape<typeof AssetFileSchema> | undefined {
  const {
    audio_status: status,
    audio_storage_key: storage_key,
    audio_content_type: content_type,
    audio_md5: md5,
    audio_size_bytes: size_bytes,
  } = row;
  if (status !== 'processed' || storage_key === null || content_type === null || md5 === null || size_bytes === null) return undefined;
  return file({ storage_key, content_type, md5, size_bytes });
}
