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
        return add(tx, event.tenantUuid, { artists: 1 });
      case 'artist.deleted':
        return add(tx, event.tenantUuid, { artists: -1 });
      case 'release.created':
        return this.hold(tx, event.tenantUuid, release!, tracks ?? 0, 1);
      case 'release.updated':
        return typeof tracks === 'number' ? this.hold(tx, event.tenantUuid, release!, tracks, 0) : undefined;
      case 'release.deleted':
        return this.drop(tx, event.tenantUuid, release!);
    }
  }

  /** A release has so many tracks. Events of one release come in order. */
  private async hold(tx: Tx, tenantUuid: string, release: string, tracks: number, releases: number): Promise<void> {
    const [row] = await tx.query<{ more: number }>(
      `with held as (select tracks from release_tracks where tenant_uuid = $1 and release_uuid = $2)
       insert into release_tracks as r (tenant_uuid, release_uuid, tracks) values ($1, $2, $3)
       on conflict (tenant_uuid, release_uuid) do update set tracks = excluded.tracks
       returning r.tracks - coalesce((select tracks from held), 0) as more`,
      [tenantUuid, release, tracks],
    );
    await add(tx, tenantUuid, { releases, tracks: row!.more });
  }

  private async drop(tx: Tx, tenantUuid: string, release: string): Promise<void> {
    const [row] = await tx.query<{ tracks: number }>(
      'delete from release_tracks where tenant_uuid = $1 and release_uuid = $2 returning tracks',
      [tenantUuid, release],
    );
    await add(tx, tenantUuid, { releases: -1, tracks: -(row?.tracks ?? 0) });
  }
}

/** Of a tenant that identity does not have nothing is counted. */
async function add(tx: Tx, tenantUuid: string, { releases = 0, tracks = 0, artists = 0 }): Promise<void> {
  if (releases === 0 && tracks === 0 && artists === 0) return;
  await tx.query(
    `insert into tenant_usage as u (tenant_uuid, releases, tracks, artists) select tenant_uuid, $2, $3, $4 from tenants where tenant_uuid = $1
     on conflict (tenant_uuid) do update set releases = u.releases + $2, tracks = u.tracks + $3, artists = u.artists + $4`,
    [tenantUuid, releases, tracks, artists],
  );
}
