import { Injectable } from '@nestjs/common';
import { IdentityService, type GetTenantUsageRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';

interface UsageRow {
  own: boolean;
  tenants: string;
  releases: string;
  tracks: string;
  artists: string;
  streams: string;
  revenue_minor: string;
}

// One row for the tenant itself, one for it with all below it. What the caller may not see does not count, and so is not there.
const select = `
  with recursive branch as (
    select t.tenant_uuid from tenants t where t.tenant_uuid = $1 and t.tenant_uuid <> $2
    union all select t.tenant_uuid from branch b join tenants t on t.parent_uuid = b.tenant_uuid
  )
  select grouping(own.is) = 0 as own, count(*) as tenants, coalesce(sum(u.releases), 0) as releases, coalesce(sum(u.tracks), 0) as tracks,
    coalesce(sum(u.artists), 0) as artists, coalesce(sum(u.streams), 0) as streams, coalesce(sum(u.revenue_minor), 0) as revenue_minor
  from branch b cross join lateral (select b.tenant_uuid = $1 as is) own left join tenant_usage u on u.tenant_uuid = b.tenant_uuid
  group by grouping sets ((own.is), ()) having grouping(own.is) = 1 or own.is`;

/** `GET /tenants/clients/:uuid/usage`: what a tenant holds and has earned, and all below it together. */
@Rpc(IdentityService.method.getTenantUsage)
@Injectable()
export class GetTenantUsage {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, { uuid }: GetTenantUsageRequest) {
    const rows = await this.data.read<UsageRow>(caller, select, [uuid, caller.tenantUuid], 'tenant_usage');
    const own = rows.find((row) => row.own);
    const all = rows.find((row) => !row.own);
    if (!own || !all) throw new Refused('tenant.not_found');
    return {
      data: { tenantUuid: uuid, ...counts(own), currency: 'USD', includingDescendants: { tenants: BigInt(all.tenants), ...counts(all) } },
    };
  }
}

const counts = (row: UsageRow) => ({
  releases: BigInt(row.releases),
  tracks: BigInt(row.tracks),
  artists: BigInt(row.artists),
  lifetimeStreams: BigInt(row.streams),
  lifetimeRevenueMinor: BigInt(row.revenue_minor),
});
