import type { Tx } from '@tonegrid/data';
import type { DomainEvent, Outbox } from '@tonegrid/events';
import { v7 } from 'uuid';
import { resolveCredits } from '../artists/artist.store';
import type { CreditRow } from '../artists/credit-rows';
import type { Minted, Needs } from '../identifiers/minting';
import type { NewTrack } from '../tracks/track.store';
import type { Draft, ReleaseFields } from './parse-release';
import { releaseCreated } from './release-events';
import type { CreditCells, ReleaseView, TrackCells } from './release-row';
import { insertRelease } from './release.store';

/** Which identifiers a draft leaves to us. */
export const needsOf = ({ fields, tracks }: Pick<Draft, 'fields' | 'tracks'>): Needs => ({
  upcs: fields.upc === null ? 1 : 0,
  grids: fields.grid === null ? 1 : 0,
  isrcs: tracks.filter((track) => track.fields.isrc === null).length,
});

/**
 * Writes the release with its tracks, credits and DSPs, and tells of it; answers it as it now is, without reading it again.
 * @param audit the action, when it is a privileged one
 */
export async function writeRelease(
  tx: Tx,
  outbox: Outbox,
  draft: Draft,
  minted: Minted,
  audit?: (release: ReleaseView) => DomainEvent,
): Promise<ReleaseView> {
  const uuid = v7();
  const [artists = [], ...trackArtists] = await resolveCredits(tx, outbox, [draft.credits, ...draft.tracks.map(({ credits }) => credits)]);
  const isrcs = minted.isrcs.values();
  const tracks = draft.tracks.map(({ fields, contributors }, n): NewTrack => ({
    uuid: v7(),
    fields: { ...fields, isrc: fields.isrc ?? next(isrcs) },
    artists: trackArtists[n] ?? [],
    contributors,
  }));
  const fields = { ...draft.fields, upc: draft.fields.upc ?? minted.upcs[0]!, grid: draft.fields.grid ?? minted.grids[0]! };
  const createdAt = await insertRelease(tx, {
    uuid,
    fields,
    assigned: draft.fields.upc === null,
    tenantName: draft.tenantName,
    source: draft.source,
    ingestionJobUuid: draft.ingestionJobUuid,
    artists,
    dsps: draft.dsps,
    tracks,
  });
  const row = asView({
    uuid,
    tenantUuid: tx.tenantUuid,
    tenantName: draft.tenantName,
    createdAt,
    fields,
    artists,
    tracks,
    dsps: draft.dsps,
  });
  const made = { ingestionJobUuid: draft.ingestionJobUuid, trackCount: tracks.length, source: draft.source };
  await outbox.addAll(tx, [releaseCreated(row, made), ...(audit ? [audit(row)] : [])]);
  return row;
}

const next = (identifiers: Iterator<string>): string => {
  const { value, done } = identifiers.next();
  if (done) throw new Error('fewer ISRCs were assigned than the release needs');
  return value;
};

interface Written {
  uuid: string;
  tenantUuid: string;
  tenantName: string;
  createdAt: Date;
  fields: ReleaseFields & { upc: string; grid: string };
  artists: CreditRow[];
  tracks: NewTrack[];
  dsps: string[];
}

const asView = (made: Written): ReleaseView => ({
  ...made.fields,
  uuid: made.uuid,
  tenant_uuid: made.tenantUuid,
  tenant_name: made.tenantName,
  status: 'draft',
  review_stage: null,
  artwork_uuid: null,
  artwork_key: null,
  artwork_warnings: [],
  has_undelivered_changes: false,
  rejection_reason: null,
  rejection_issues: [],
  revision: '1',
  created_at: made.createdAt,
  updated_at: made.createdAt,
  artists: made.artists.map(({ artist_uuid, name, role }): CreditCells => [artist_uuid, name, role]),
  tracks: made.tracks
    .map(({ uuid, fields }): TrackCells => [
      uuid,
      fields.title,
      fields.position,
      fields.isrc,
      fields.duration_ms,
      fields.explicit,
      'pending',
      made.createdAt.toISOString(),
    ])
    .sort(([, , a], [, , b]) => a - b),
  dsps: made.dsps,
});
