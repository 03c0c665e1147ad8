import type { Tx } from '@tonegrid/data';

/** Numbers from `first` to `last`, both included. */
export interface Span {
  first: number;
  last: number;
}

/** Takes up to `count` numbers out of the tenant's oldest range that has some; undefined when none has. The range's row is locked until the commit. */
export async function takeFromRange(tx: Tx, kind: string, count: number): Promise<Span | undefined> {
  const [row] = await tx.query<{ next: string; taken: string }>(
    `update identifier_ranges r set next = least(r.next + $3, r.last + 1)
     from (select tenant_uuid, kind, first, next from identifier_ranges
       where tenant_uuid = $1 and kind = $2 and next <= last order by first limit 1 for update) old
     where r.tenant_uuid = old.tenant_uuid and r.kind = old.kind and r.first = old.first
     returning r.next, r.next - old.next as taken`,
    [tx.tenantUuid, kind, count],
    'take_from_range',
  );
  if (!row) return undefined;
  const last = Number(row.next) - 1;
  return { first: last - Number(row.taken) + 1, last };
}

/** Gives the tenant the next `size` numbers of the platform's series; false when the series ends before. */
export async function addRange(tx: Tx, kind: string, size: number, capacity: number): Promise<boolean> {
  const [row] = await tx.query<{ next: string }>(
    `insert into identifier_series as s (kind, next) values ($1, 1 + $2::bigint)
     on conflict (kind) do update set next = s.next + $2::bigint where s.next <= $3::bigint
     returning next`,
    [kind, size, capacity],
  );
  if (!row) return false;
  const first = Number(row.next) - size;
  await tx.query('insert into identifier_ranges (tenant_uuid, kind, first, last, next) values ($1, $2, $3, $4, $3)', [
    tx.tenantUuid,
    kind,
    first,
    Math.min(first + size - 1, capacity),
  ]);
  return true;
}
