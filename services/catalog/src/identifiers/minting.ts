import { Inject, Injectable } from '@nestjs/common';
import { Data, type Tenant, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { CONFIG } from '@tonegrid/service';
import type { CatalogConfig } from '../config';
import { TenantSettings, type Settings } from '../tenants/tenant-settings';
import { addRange, takeFromRange, usedIdentifiers, type Span } from './identifier.store';
import { gridSeries, isrcSeries, upcRange, upcSeries, type Series } from './series';

/** How many identifiers of each kind a change needs. */
export interface Needs {
  upcs?: number;
  grids?: number;
  isrcs?: number;
}

/** Identifiers for one change; nobody else gets them. */
export interface Minted {
  upcs: string[];
  grids: string[];
  isrcs: string[];
}

/** A number that was assigned is already used by an identifier that the tenant brought itself: take the next. */
export class AssignedIsTaken extends Error {}

/** Where identifiers of one kind come from for a tenant: the series, one after the other. */
interface Source {
  name: 'UPC' | 'ISRC' | 'GRid';
  series: readonly [Series, ...Series[]];
  /** They are the tenant's own numbers, of which it may have used some by itself. */
  own: boolean;
}

interface Stock {
  identifiers: string[];
  /** How many to fetch next time: doubles while they are used up fast. */
  portion: number;
  refill?: Promise<void>;
}

const largestPortion = 256;

/**
 * Assigns UPCs, ISRCs and GRids, each at most once: out of the range and the prefix that the tenant has set, else out of the operator's.
 * Every tenant has ranges of its own, blocks that no other tenant's overlap, so no two tenants meet. Numbers leave a range in portions, in a
 * transaction of their own, and wait in memory: a change neither locks a counter until its commit (one tenant's ingestion would be one at a
 * time) nor brings a number back by being rolled back. The price is gaps: the rest of a portion is lost when the process ends.
 */
@Injectable()
export class Minting {
  private readonly stocks = new Map<string, Stock>();

  constructor(
    private readonly data: Data,
    private readonly settings: TenantSettings,
    @Inject(CONFIG) private readonly config: Pick<CatalogConfig, 'UPC_PREFIX' | 'ISRC_PREFIXES' | 'GRID_ISSUER'>,
  ) {}

  /**
   * Runs a change with the identifiers that it needs. To be called outside of a transaction, because it may need a connection
   * of its own. Identifiers that the change did not use (it was refused, or answered by a stored answer) are kept for the next.
   */
  async with<T>(caller: Tenant & { answer?: { replayed: boolean } }, needs: Needs, change: (minted: Minted) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const drawn = await this.draw(caller, needs);
      try {
        const result = await change(drawn.minted);
        if (caller.answer?.replayed) drawn.giveBack();
        return result;
      } catch (error) {
        if (error instanceof AssignedIsTaken && attempt < 10) continue;
        // With any other error it may be unknown whether the change was committed.
        if (error instanceof Refused && error.status < 500) drawn.giveBack();
        throw error;
      }
    }
  }

  private async draw(tenant: Tenant, { upcs = 0, grids = 0, isrcs = 0 }: Needs): Promise<{ minted: Minted; giveBack(): void }> {
    const settings = upcs + isrcs > 0 ? await this.settings.of(tenant) : undefined;
    const drawn: { source: Source; identifiers: string[] }[] = [];
    const take = async (source: Source, count: number) => {
      const identifiers = count > 0 ? await this.take(tenant, source, count) : [];
      drawn.push({ source, identifiers });
      return identifiers;
    };
    const minted = {
      upcs: await take(this.upcSource(settings), upcs),
      grids: await take({ name: 'GRid', series: [gridSeries(this.config.GRID_ISSUER)], own: false }, grids),
      isrcs: await take(this.isrcSource(settings), isrcs),
    };
    return {
      minted,
      giveBack: () => drawn.forEach(({ source, identifiers }) => this.stock(tenant, source).identifiers.unshift(...identifiers)),
    };
  }

  private upcSource(settings: Settings | undefined): Source {
    const { upc_range_start: start, upc_range_end: end } = settings ?? {};
    if (start && end) return { name: 'UPC', series: [upcRange(start, end)], own: true };
    return { name: 'UPC', series: [upcSeries(this.config.UPC_PREFIX)], own: false };
  }

  private isrcSource(settings: Settings | undefined): Source {
    const year = new Date().getUTCFullYear();
    const own = settings?.isrc_prefix;
    if (own) return { name: 'ISRC', series: [isrcSeries(own, year)], own: true };
    const [first, ...others] = this.config.ISRC_PREFIXES.map((prefix) => isrcSeries(prefix, year));
    return { name: 'ISRC', series: [first!, ...others], own: false };
  }

  private stock(tenant: Tenant, { series: [{ key, last }] }: Source): Stock {
    const name = `${tenant.tenantUuid} ${key} ${last}`;
    let stock = this.stocks.get(name);
    if (!stock) this.stocks.set(name, (stock = { identifiers: [], portion: 8 }));
    return stock;
  }

  private async take(tenant: Tenant, source: Source, count: number): Promise<string[]> {
    const stock = this.stock(tenant, source);
    for (const taken: string[] = []; ;) {
      while (stock.identifiers.length < count - taken.length) {
        stock.refill ??= this.refill(tenant, source, stock, count).finally(() => (stock.refill = undefined));
        await stock.refill;
      }
      const next = stock.identifiers.splice(0, count - taken.length);
      // A number that waited in memory may have been used by the tenant meanwhile. A UPC is also held by a unique index, an ISRC is not:
      // the same recording may be in several releases.
      taken.push(...(source.own && source.name === 'ISRC' ? await this.unused(tenant, source, next) : next));
      if (taken.length === count) return taken;
    }
  }

  private async refill(tenant: Tenant, source: Source, stock: Stock, count: number): Promise<void> {
    const portion = Math.max(stock.portion, count);
    const identifiers = await this.data.transaction(tenant, async (tx: Tx) => {
      for (const series of source.series) {
        const span = await nextSpan(tx, series, portion);
        if (span) return identifiersOf(series, span);
      }
      return undefined;
    });
    if (!identifiers) throw new Refused('identifier.exhausted', { params: { kind: source.name } });
    stock.identifiers.push(...(source.own ? await this.unused(tenant, source, identifiers) : identifiers));
    stock.portion = Math.min(largestPortion, stock.portion * 2);
  }

  /** Those of the tenant's own numbers that it has not used by itself. */
  private async unused(tenant: Tenant, { series: [{ kind }] }: Source, identifiers: string[]): Promise<string[]> {
    if (kind === 'grid') return identifiers;
    const used = await this.data.transaction(tenant, (tx) => usedIdentifiers(tx, kind, identifiers));
    return identifiers.filter((identifier) => !used.has(identifier));
  }
}

/** Numbers for the tenant, out of a range that it has or that it gets now; undefined when the series has come to its end. */
async function nextSpan(tx: Tx, series: Series, portion: number): Promise<Span | undefined> {
  for (;;) {
    const taken = await takeFromRange(tx, series, portion);
    if (taken) return taken;
    if (!(await addRange(tx, series, Math.max(series.block, portion)))) return undefined;
  }
}

function identifiersOf(series: Series, { first, last }: Span): string[] {
  const found: string[] = [];
  for (let number = first; number <= last; number++) {
    const identifier = series.identifier(number);
    if (identifier !== undefined) found.push(identifier);
  }
  return found;
}
