import { Inject, Injectable } from '@nestjs/common';
import { Data, type Tenant, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { CONFIG } from '@tonegrid/service';
import type { CatalogConfig } from '../config';
import { addRange, takeFromRange } from './identifier.store';
import { gridSeries, isrcSeries, upcSeries, type Series } from './series';

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

interface Stock {
  numbers: number[];
  /** How many to fetch next time: doubles while they are used up fast. */
  portion: number;
  refill?: Promise<void>;
}

const largestPortion = 256;

/**
 * Assigns UPCs, ISRCs and GRids, each at most once. Every tenant has ranges of its own, blocks of one series for the whole
 * platform, so no two tenants meet. Numbers leave a range in portions, in a transaction of their own, and wait in memory: a
 * change neither locks a counter until its commit (one tenant's ingestion would be one at a time) nor brings a number back by
 * being rolled back. The price is gaps: the rest of a portion is lost when the process ends.
 */
@Injectable()
export class Minting {
  private readonly stocks = new Map<string, Stock>();

  constructor(
    private readonly data: Data,
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

  private async draw(tenant: Tenant, needs: Needs): Promise<{ minted: Minted; giveBack(): void }> {
    const wanted: [Series, number][] = [
      [upcSeries(this.config.UPC_PREFIX), needs.upcs ?? 0],
      [gridSeries(this.config.GRID_ISSUER), needs.grids ?? 0],
      [isrcSeries(this.config.ISRC_PREFIXES, new Date().getUTCFullYear()), needs.isrcs ?? 0],
    ];
    const drawn: { series: Series; numbers: number[] }[] = [];
    for (const [series, count] of wanted) drawn.push({ series, numbers: count > 0 ? await this.take(tenant, series, count) : [] });
    const [upcs, grids, isrcs] = drawn.map(({ series, numbers }) => numbers.map((number) => series.identifier(number)));
    return {
      minted: { upcs: upcs!, grids: grids!, isrcs: isrcs! },
      giveBack: () => drawn.forEach(({ series, numbers }) => this.stock(tenant, series).numbers.unshift(...numbers)),
    };
  }

  private stock(tenant: Tenant, series: Series): Stock {
    const key = `${tenant.tenantUuid} ${series.kind}`;
    let stock = this.stocks.get(key);
    if (!stock) this.stocks.set(key, (stock = { numbers: [], portion: 8 }));
    return stock;
  }

  private async take(tenant: Tenant, series: Series, count: number): Promise<number[]> {
    const stock = this.stock(tenant, series);
    while (stock.numbers.length < count) {
      stock.refill ??= this.refill(tenant, series, stock, count).finally(() => (stock.refill = undefined));
      await stock.refill;
    }
    return stock.numbers.splice(0, count);
  }

  private async refill(tenant: Tenant, series: Series, stock: Stock, count: number): Promise<void> {
    const portion = Math.max(stock.portion, count);
    const span = await this.data.transaction(tenant, async (tx: Tx) => {
      for (;;) {
        const taken = await takeFromRange(tx, series.kind, portion);
        if (taken) return taken;
        if (!(await addRange(tx, series.kind, Math.max(series.block, portion), series.capacity))) return undefined;
      }
    });
    if (!span) throw new Refused('identifier.exhausted', { params: { kind: series.name } });
    for (let number = span.first; number <= span.last; number++) stock.numbers.push(number);
    stock.portion = Math.min(largestPortion, stock.portion * 2);
  }
}
