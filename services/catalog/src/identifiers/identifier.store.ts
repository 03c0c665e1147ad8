import type { Tx } from '@tonegrid/data';
import type { Series } from './series';

/** Numbers from `first` to `last`, both included. */
export interface Span {
  first: number;
  last: number;
}

/**
 * Takes up to `count` numbers out of the tenant's first range within the series that has some; undefined when none has. The range's row is
 * locked until the commit.
 */
export async function takeFromRange(tx: Tx, series: Series, count: number): Promise<Span | undefined> {
  const [row] = await tx.query<{ next: string; taken: string }>(
    `update identifier_ranges r set next = least(r.next + $3, r.last + 1)
     from (select tenant_uuid, kind, first, next from identifier_ranges
       where tenant_uuid = $1 and kind = $2 and next <= last and first >= $4 and last <= $5 order by first limit 1 for update) old
     where r.tenant_uuid = old.tenant_uuid and r.kind = old.kind and r.first = old.first
     returning r.next, r.next - old.next as taken`,
    [tx.tenantUuid, series.kind, count, series.first, series.last],
    'take_from_range',
  );
  if (!row) return undefined;
  const last = Number(row.next) - 1;
  return { first: last - Number(row.taken) + 1, last };
}

/**
 * Gives the tenant the next `size` numbers of the series; false when the series ends before. Numbers that a range of any tenant has already
 * (series may overlap: a tenant's own prefix lies within the operator's) are passed over.
 */
export async function addRange(tx: Tx, series: Series, size: number): Promise<boolean> {
  await tx.query('insert into identifier_series (key, next) values ($1, $2) on conflict do nothing', [series.key, series.first]);
  for (;;) {
    const [span] = await tx.query<{ first: string; last: string }>(
      `update identifier_series s set next = least(old.next + $2::bigint, $3::bigint + 1)
       from (select key, next from identifier_series where key = $1 for update) old
       where s.key = old.key and old.next <= $3::bigint returning old.next as first, s.next - 1 as last`,
      [series.key, size, series.last],
    );
    if (!span) return false;
    const added = await tx.query(
      'insert into identifier_ranges (tenant_uuid, kind, first, last, next) values ($1, $2, $3, $4, $3) on conflict do nothing returning 1',
      [tx.tenantUuid, series.kind, span.first, span.last],
    );
    if (added.length > 0) return true;
  }
}

/** Those of the identifiers that the tenant's catalogue has already. */
export async function usedIdentifiers(tx: Tx, kind: 'upc' | 'isrc', identifiers: readonly string[]): Promise<Set<string>> {
  if (kind === 'isrc') {
    const rows = await tx.query<{ isrc: string }>('select isrc from tracks where tenant_uuid = $1 and isrc = any($2)', [
      tx.tenantUuid,
      identifiers,
    ]);
    return new Set(rows.map(({ isrc }) => isrc));
  }
  // A UPC-A with zeros before it is the same product as EAN-13 and as GTIN-14.
  const spellings = identifiers.flatMap((upc) => [upc, `0${upc}`, `00${upc}`]);
  const rows = await tx.query<{ upc: string }>('select upc from releases where tenant_uuid = $1 and upc = any($2)', [
    tx.tenantUuid,
    spellings,
  ]);
  return new Set(rows.map(({ upc }) => upc.slice(-12)));
}
