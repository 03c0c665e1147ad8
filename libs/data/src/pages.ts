import { Cursors, type Position } from './cursors';
import type { Data, Tenant } from './data';
import { pageSize, type PageRequest, type PageSizes } from './page-request';

/** A sort order that a keyset can follow: the columns are never null, all go one way, and the last is unique. */
export interface Order {
  /** Bound into the cursor, so that the SQL may change without ending cursors. */
  name: string;
  descending: boolean;
  columns: { sql: string; type: string }[];
}

/** Newest first: created_at, then uuid, both descending. Index: (tenant_uuid, created_at, uuid). */
export const newestFirst = (alias: string): Order => ({
  name: 'newest',
  descending: true,
  columns: [
    { sql: `${alias}.created_at`, type: 'timestamptz' },
    { sql: `${alias}.uuid`, type: 'uuid' },
  ],
});

/** A text column ascending, then uuid. Index: (tenant_uuid, column, uuid). */
export const ascendingBy = (alias: string, column: string): Order => ({
  name: column,
  descending: false,
  columns: [
    { sql: `${alias}.${column}`, type: 'text' },
    { sql: `${alias}.uuid`, type: 'uuid' },
  ],
});

/** A condition with its values as $1, $2, … of its own. */
export type Condition = [sql: string, ...params: unknown[]];

export interface List {
  /** Unique among the lists of the service; a cursor of another list is refused. */
  name: string;
  select: string;
  /** FROM and joins: `release r left join …`. */
  from: string;
  /** Column that holds the tenant. Row-level security guards; this condition lets the planner use the index: `r.tenant_uuid`. */
  tenant: string;
  /** Filter's name → condition, or nothing when the filter is not asked for. A cursor holds for the same names and values only. */
  where?: Record<string, Condition | undefined | null | false | ''>;
  order: Order;
  sizes?: PageSizes;
}

export interface Page<R> {
  mode: 'offset' | 'cursor';
  rows: R[];
  /** Rows of the whole list; offset mode only. */
  total?: number;
  /** Number of this page from 1; in cursor mode meaningless. */
  page: number;
  perPage: number;
  next?: string;
  prev?: string;
  hasMore: boolean;
}

type Keyed<R> = R & { __key: string[] };

/** Lists of a service, by offset or by keyset. */
export class Pages {
  private readonly cursors: Cursors;

  /** @param secret of at least 32 characters, the same in all replicas (INTERNAL_TOKEN); used through HKDF */
  constructor(
    private readonly data: Data,
    secret: string,
  ) {
    this.cursors = new Cursors(secret);
  }

  /**
   * One page of a list for the caller. Throws `validation.failed` for page numbers and sizes below 1, `cursor.invalid` for a
   * cursor that was tampered with or belongs to another tenant, list or filter.
   */
  async list<R>(caller: Tenant, request: PageRequest, list: List): Promise<Page<R>> {
    const { page, perPage } = pageSize(request, list.sizes);
    const filters = Object.entries(list.where ?? {}).filter((entry): entry is [string, Condition] => Boolean(entry[1]));
    const belongsTo = [caller.tenantUuid, list.name, list.order.name, filters.map(([name, [, ...params]]) => [name, params])];
    const conditions = filters.map(([, condition]) => condition);
    if (request.cursor !== undefined) {
      const from = request.cursor === '' ? undefined : this.cursors.read(request.cursor, belongsTo);
      const rows = await this.fetch<R>(caller, list, conditions, perPage, { from });
      return { mode: 'cursor', page: 1, perPage, ...this.edges(rows, perPage, from, belongsTo) };
    }
    const [rows, total] = await Promise.all([
      this.fetch<R>(caller, list, conditions, perPage, { offset: (page - 1) * perPage }),
      this.count(caller, list, conditions),
    ]);
    const edges = this.edges(rows, perPage, undefined, belongsTo);
    const first = rows[0];
    const prev = page > 1 && first ? this.cursors.write({ direction: 'before', key: first.__key }, belongsTo) : undefined;
    return { mode: 'offset', page, perPage, total, ...edges, prev };
  }

  /** One row more than asked for tells whether there is more. */
  private fetch<R>(
    caller: Tenant,
    list: List,
    conditions: Condition[],
    perPage: number,
    start: { from?: Position; offset?: number },
  ): Promise<Keyed<R>[]> {
    const { sql, params } = where(caller, list, conditions);
    const { columns } = list.order;
    const backward = start.from?.direction === 'before';
    const descending = list.order.descending !== backward;
    if (start.from) {
      const values = columns.map(({ type }, i) => `$${params.push(start.from!.key[i])}::${type}`);
      sql.push(`(${columns.map((column) => column.sql).join(', ')}) ${descending ? '<' : '>'} (${values.join(', ')})`);
    }
    const order = columns.map((column) => `${column.sql} ${descending ? 'desc' : 'asc'}`).join(', ');
    const offset = start.offset ? ` offset ${start.offset}` : '';
    // As text, because a Date has milliseconds and the column microseconds: rows of one millisecond would be skipped.
    const key = `array[${columns.map((column) => `${column.sql}::text`).join(', ')}] as __key`;
    return this.data.read<Keyed<R>>(
      caller,
      `select ${list.select}, ${key} from ${list.from} where ${sql.join(' and ')} order by ${order} limit ${perPage + 1}${offset}`,
      params,
    );
  }

  private async count(caller: Tenant, list: List, conditions: Condition[]): Promise<number> {
    const { sql, params } = where(caller, list, conditions);
    const [row] = await this.data.read<{ total: string }>(
      caller,
      `select count(*) as total from ${list.from} where ${sql.join(' and ')}`,
      params,
    );
    return Number(row?.total);
  }

  private edges<R>(
    fetched: Keyed<R>[],
    perPage: number,
    from: Position | undefined,
    belongsTo: unknown,
  ): Pick<Page<R>, 'rows' | 'next' | 'prev' | 'hasMore'> {
    const backward = from?.direction === 'before';
    const beyond = fetched.length > perPage;
    const kept = fetched.slice(0, perPage);
    if (backward) kept.reverse();
    const [first, last] = [kept[0], kept.at(-1)];
    const hasMore = last !== undefined && (backward || beyond);
    const hasPrev = first !== undefined && (backward ? beyond : from !== undefined);
    return {
      rows: kept.map(({ __key, ...row }) => row as unknown as R),
      hasMore,
      next: hasMore ? this.cursors.write({ direction: 'after', key: last.__key }, belongsTo) : undefined,
      prev: hasPrev ? this.cursors.write({ direction: 'before', key: first.__key }, belongsTo) : undefined,
    };
  }
}

function where(caller: Tenant, list: List, conditions: Condition[]): { sql: string[]; params: unknown[] } {
  const params: unknown[] = [caller.tenantUuid];
  const sql = [`${list.tenant} = $1`];
  for (const [text, ...values] of conditions) {
    const shift = params.length;
    sql.push(`(${text.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + shift}`)})`);
    params.push(...values);
  }
  return { sql, params };
}

/** A page as the fields of a plain list's response, beside its `data`. */
export const plainPage = (page: Page<unknown>) => ({
  total: page.total === undefined ? undefined : BigInt(page.total),
  page: page.mode === 'offset' ? page.page : undefined,
  perPage: page.perPage,
  nextCursor: page.next,
  hasMore: page.hasMore,
  cursor: { next: page.next, prev: page.prev },
});

/** A page as `meta` and `cursor` of an envelope list's response, beside its `data`. */
export const envelopePage = (page: Page<unknown>) => ({
  meta: {
    mode: page.mode,
    perPage: page.perPage,
    nextCursor: page.next,
    hasMore: page.hasMore,
    ...(page.total !== undefined && {
      total: BigInt(page.total),
      currentPage: page.page,
      lastPage: Math.max(1, Math.ceil(page.total / page.perPage)),
    }),
  },
  cursor: { next: page.next, prev: page.prev },
});
