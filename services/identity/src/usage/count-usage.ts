import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import type { ReceivedEvent } from '@tonegrid/events';
import { Handles, type BatchHandler } from '@tonegrid/service';
import { usageChange } from './usage-change';

/** Keeps the counts of what each tenant holds, by events: each counts once, in the transaction of its inbox row, many together. */
@Handles({
  durable: 'identity-usage',
  filter: ['release.created', 'release.updated', 'release.deleted', 'artist.created', 'artist.deleted'],
  concurrency: 4,
})
@Injectable()
export class CountUsage implements BatchHandler {
  async handleAll(tx: Tx, events: ReceivedEvent[]): Promise<void> {
    const { tenants, releases } = usageChange(events);
    if (tenants.length === 0 && releases.length === 0) return;
    tx.last(
      write,
      [
        tenants.map((tenant) => tenant.tenantUuid),
        tenants.map((tenant) => tenant.releases),
        tenants.map((tenant) => tenant.artists),
        releases.map((release) => release.tenantUuid),
        releases.map((release) => release.releaseUuid),
        releases.map((release) => release.tracks),
      ],
      'usage_write',
    );
  }
}

// Of a tenant that identity does not have nothing is counted. `known` is what was known before this statement, so the tracks of a release
// count by the difference. What does not change is not written. Events of one release come in order, so no two write its row at once; those of
// one tenant do, and rows of tenants are taken in one order.
const write = `
  with state as (
    select s.* from unnest($4::uuid[], $5::uuid[], $6::int[]) as s (tenant_uuid, release_uuid, tracks) join tenants using (tenant_uuid)
  ), known as (
    select r.tenant_uuid, r.release_uuid, r.tracks from state s
    join release_tracks r on r.tenant_uuid = s.tenant_uuid and r.release_uuid = s.release_uuid
  ), held as (
    insert into release_tracks as r (tenant_uuid, release_uuid, tracks)
    select tenant_uuid, release_uuid, tracks from state where tracks is not null
    on conflict (tenant_uuid, release_uuid) do update set tracks = excluded.tracks where r.tracks <> excluded.tracks
  ), dropped as (
    delete from release_tracks r using state s
    where s.tracks is null and r.tenant_uuid = s.tenant_uuid and r.release_uuid = s.release_uuid
  ), change as (
    select tenant_uuid, sum(releases) as releases, sum(tracks) as tracks, sum(artists) as artists from (
      select tenant_uuid, releases, 0 as tracks, artists from unnest($1::uuid[], $2::int[], $3::int[]) as t (tenant_uuid, releases, artists)
      union all select tenant_uuid, 0, tracks, 0 from state
      union all select tenant_uuid, 0, -tracks, 0 from known
    ) part group by tenant_uuid
  )
  insert into tenant_usage as u (tenant_uuid, releases, tracks, artists)
  select tenant_uuid, releases, coalesce(tracks, 0), artists from change join tenants using (tenant_uuid)
  where releases <> 0 or tracks <> 0 or artists <> 0 order by tenant_uuid
  on conflict (tenant_uuid) do update set
    releases = u.releases + excluded.releases, tracks = u.tracks + excluded.tracks, artists = u.artists + excluded.artists`;
