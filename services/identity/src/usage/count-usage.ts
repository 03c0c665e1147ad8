import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import type { ReceivedEvent } from '@tonegrid/events';
import { Handles } from '@tonegrid/service';

interface Told {
  release_uuid?: string;
  track_count?: number | null;
}

/** Keeps the counts of what each tenant holds, event by event: each counts once, in the transaction of its inbox row. */
@Handles({
  durable: 'identity-usage',
  filter: ['release.created', 'release.updated', 'release.deleted', 'artist.created', 'artist.deleted'],
  concurrency: 4,
})
@Injectable()
export class CountUsage {
  async handle(tx: Tx, event: ReceivedEvent): Promise<void> {
    const { release_uuid: release, track_count: tracks } = event.data as Told;
    switch (event.type) {
      case 'artist.created':
        return this.count(tx, event.tenantUuid, 1);
      case 'artist.deleted':
        return this.count(tx, event.tenantUuid, -1);
      case 'release.created':
        return this.hold(tx, event.tenantUuid, release!, tracks ?? 0, 1);
      case 'release.updated':
        return typeof tracks === 'number' ? this.hold(tx, event.tenantUuid, release!, tracks, 0) : undefined;
      case 'release.deleted':
        return this.drop(tx, event.tenantUuid, release!);
    }
  }

  /** A release has so many tracks. Events of one release come in order. */
  private hold(tx: Tx, tenantUuid: string, release: string, tracks: number, releases: number): void {
    tx.last(
      `with held as (
         select tracks from release_tracks where tenant_uuid = $1 and release_uuid = $2
       ), holds as (
         insert into release_tracks as r (tenant_uuid, release_uuid, tracks) select tenant_uuid, $2::uuid, $3::int from tenants where tenant_uuid = $1
         on conflict (tenant_uuid, release_uuid) do update set tracks = excluded.tracks
         returning r.tracks - coalesce((select tracks from held), 0) as more
       )
       ${addTo('$4::int', '(select more from holds)', '0')}`,
      [tenantUuid, release, tracks, releases],
      'usage_hold',
    );
  }

  private drop(tx: Tx, tenantUuid: string, release: string): void {
    tx.last(
      `with dropped as (delete from release_tracks where tenant_uuid = $1 and release_uuid = $2 returning tracks)
       ${addTo('-1', 'coalesce((select -tracks from dropped), 0)', '0')}`,
      [tenantUuid, release],
      'usage_drop',
    );
  }

  private count(tx: Tx, tenantUuid: string, artists: number): void {
    tx.last(addTo('0', '0', '$2::int'), [tenantUuid, artists], 'usage_artists');
  }
}

/** Adds to the counts of the tenant $1. Of a tenant that identity does not have nothing is counted. */
const addTo = (releases: string, tracks: string, artists: string): string =>
  `insert into tenant_usage as u (tenant_uuid, releases, tracks, artists)
   select tenant_uuid, ${releases}, ${tracks}, ${artists} from tenants where tenant_uuid = $1
   on conflict (tenant_uuid) do update set
     releases = u.releases + excluded.releases, tracks = u.tracks + excluded.tracks, artists = u.artists + excluded.artists`;
