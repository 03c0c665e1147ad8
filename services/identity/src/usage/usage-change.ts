import type { ReceivedEvent } from '@tonegrid/events';

/** What events change in the counts of a tenant, besides its tracks. */
export interface TenantChange {
  tenantUuid: string;
  releases: number;
  artists: number;
}

/** What events have left of a release: how many tracks it has, null when it is gone. */
export interface ReleaseState {
  tenantUuid: string;
  releaseUuid: string;
  tracks: number | null;
}

interface Told {
  release_uuid?: string;
  track_count?: number | null;
}

/**
 * What several events, in their order, change together: the same as each by itself. Of a release only its last state matters, since its tracks are
 * counted by the difference to what was known of it. Both lists are in one order, so that two that write do not wait for each other.
 */
export function usageChange(events: readonly Pick<ReceivedEvent, 'type' | 'tenantUuid' | 'data'>[]) {
  const tenants = new Map<string, TenantChange>();
  const releases = new Map<string, ReleaseState>();
  const count = (tenantUuid: string, more: { releases?: number; artists?: number }) => {
    const change = tenants.get(tenantUuid) ?? { tenantUuid, releases: 0, artists: 0 };
    change.releases += more.releases ?? 0;
    change.artists += more.artists ?? 0;
    tenants.set(tenantUuid, change);
  };
  const leave = (tenantUuid: string, releaseUuid: string, tracks: number | null) =>
    releases.set(`${tenantUuid} ${releaseUuid}`, { tenantUuid, releaseUuid, tracks });

  for (const event of events) {
    const tenantUuid = event.tenantUuid.toLowerCase();
    const { release_uuid, track_count: tracks } = event.data as Told;
    const release = () => {
      if (typeof release_uuid !== 'string') throw new Error(`${event.type} without release_uuid`);
      return release_uuid.toLowerCase();
    };
    switch (event.type) {
      case 'artist.created':
        count(tenantUuid, { artists: 1 });
        break;
      case 'artist.deleted':
        count(tenantUuid, { artists: -1 });
        break;
      case 'release.created':
        count(tenantUuid, { releases: 1 });
        leave(tenantUuid, release(), tracks ?? 0);
        break;
      case 'release.updated':
        if (typeof tracks === 'number') leave(tenantUuid, release(), tracks);
        break;
      case 'release.deleted':
        count(tenantUuid, { releases: -1 });
        leave(tenantUuid, release(), null);
        break;
    }
  }
  return { tenants: sorted(tenants), releases: sorted(releases) };
}

/** The values by their keys. */
const sorted = <T>(map: Map<string, T>): T[] => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
