import type { Tx } from '@tonegrid/data';
import type { DomainEvent, Outbox } from '@tonegrid/events';
import { v7 } from 'uuid';
import { resolveCredits } from '../artists/artist.store';
import type { CreditRow } from '../artists/credit-rows';
import type { Minted, Needs } from '../identifiers/minting';
import type { Draft } from './parse-release';
import { releaseCreated } from './release-events';
import type { CreditCells, ReleaseView, TrackCells } from './release-row';
import { insertReleases, type NewRelease } from './release.store';

/** Which identifiers a draft leaves to us. */
export const needsOf = ({ fields, tracks }: Pick<Draft, 'fields' | 'tracks'>): Needs => ({
  upcs: fields.upc === null ? 1 : 0,
  grids: fields.grid === null ? 1 : 0,
  isrcs: tracks.filter((track) => track.fields.isrc === null).length,
});

/** A release to be written. */
export interface ToWrite {
  draft: Draft;
  minted: Minted;
  /** The action, when it is a privileged one. */
  audit?: (release: ReleaseView) => DomainEvent;
  /** The span in which it was asked for, as a W3C traceparent, when that is not the running one. */
  traceparent?: string | undefined;
}

/**
 * Writes releases of the running tenant with their tracks, credits and DSPs, and tells of them; answers them as they now are, without
 * reading them again. Throws as `insertReleases` and `resolveCredits` do.
 */
export async function writeReleases(tx: Tx, outbox: Outbox, all: readonly ToWrite[]): Promise<ReleaseView[]> {
  const lists = all.flatMap(({ draft }) => [draft.credits, ...draft.tracks.map(({ credits }) => credits)]);
  const credits = (await resolveCredits(tx, outbox, lists)).values();
  const releases = all.map(({ draft, minted }) => newRelease(draft, minted, () => next(credits)));
  const createdAt = await insertReleases(tx, releases);
  const views = releases.map((release) => asView(tx.tenantUuid, createdAt, release));
  const told = all.flatMap(({ draft, audit, traceparent }, n) => {
    const view = views[n]!;
    const made = { ingestionJobUuid: draft.ingestionJobUuid, trackCount: draft.tracks.length, source: draft.source };
    return [releaseCreated(view, made), ...(audit ? [audit(view)] : [])].map((event) => ({ ...event, traceparent }));
  });
  await outbox.addAll(tx, told);
  return views;
}

function newRelease(draft: Draft, minted: Minted, credits: () => CreditRow[]): NewRelease {
  const isrcs = minted.isrcs.values();
  return {
    uuid: v7(),
    fields: { ...draft.fields, upc: draft.fields.upc ?? minted.upcs[0]!, grid: draft.fields.grid ?? minted.grids[0]! },
    assigned: draft.fields.upc === null,
    tenantName: draft.tenantName,
    source: draft.source,
    ingestionJobUuid: draft.ingestionJobUuid,
    artists: credits(),
    dsps: draft.dsps,
    tracks: draft.tracks.map(({ fields, contributors }) => ({
      uuid: v7(),
      fields: { ...fields, isrc: fields.isrc ?? next(isrcs) },
      artists: credits(),
      contributors,
    })),
  };
}

/** The next of as many as are needed. */
function next<T>(some: Iterator<T>): T {
  const { value, done } = some.next();
  if (done) throw new Error('fewer were given than the release needs');
  return value;
}

const asView = (tenantUuid: string, createdAt: Date, made: NewRelease): ReleaseView => ({
  ...made.fields,
  uuid: made.uuid,
  tenant_uuid: tenantUuid,
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
  created_at: createdAt,
  updated_at: createdAt,
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
      createdAt.toISOString(),
    ])
    .sort(([, , a], [, , b]) => a - b),
  dsps: made.dsps,
});
