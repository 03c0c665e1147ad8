import { setImmediate as nextTurn } from 'node:timers/promises';
import { Refused } from '@tonegrid/errors';
import type { Data, Tenant } from './data';
import type { Tx } from './transaction';

interface Batch<I, O> {
  items: I[];
  begun: boolean;
  outcomes: Promise<PromiseSettledResult<O>[]>;
}

/**
 * Makes one transaction of many: while one of a tenant is under way, what comes gathers for the next, which does it all. Under load a
 * transaction is shared by many, and alone each is done at once. It changes nothing for whoever asks: what cannot be done together is done
 * one by one, each with its own outcome. A batch runs in the context (of traces and logs) of whoever came first in it.
 */
export class Together<I, O> {
  private readonly newest = new Map<string, Batch<I, O>>();

  /**
   * @param work does all of the items, in a transaction of their tenant, and answers in their order. When it fails for several, it is asked
   *   for each by itself; so what it does for several must be what it would do for one after the other. Like all work in a transaction it may
   *   be run again and must have no effects outside of it.
   * @param most items in one transaction
   */
  constructor(
    private readonly data: Data,
    private readonly work: (tx: Tx, items: I[]) => Promise<O[]>,
    private readonly most = 32,
  ) {}

  /** Does one item. Throws what the work throws for it; `service.unavailable` leaves open whether it was done, as in any transaction. */
  async run(tenant: Tenant, item: I): Promise<O> {
    const before = this.newest.get(tenant.tenantUuid);
    let batch = before;
    if (!batch || batch.begun || batch.items.length === this.most) {
      batch = { items: [], begun: false, outcomes: Promise.resolve([]) };
      batch.outcomes = this.begin(tenant, batch, before);
      this.newest.set(tenant.tenantUuid, batch);
    }
    const place = batch.items.push(item) - 1;
    const outcome = (await batch.outcomes)[place]!;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  private async begin(tenant: Tenant, batch: Batch<I, O>, before: Batch<I, O> | undefined): Promise<PromiseSettledResult<O>[]> {
    // What arrived in the same packet comes along.
    await (before?.outcomes ?? nextTurn());
    batch.begun = true;
    const outcomes = await this.settle(tenant, batch.items);
    if (this.newest.get(tenant.tenantUuid) === batch) this.newest.delete(tenant.tenantUuid);
    return outcomes;
  }

  private async settle(tenant: Tenant, items: I[]): Promise<PromiseSettledResult<O>[]> {
    try {
      const answers = await this.data.transaction(tenant, (tx) => this.work(tx, items));
      return answers.map((value) => ({ status: 'fulfilled', value }));
    } catch (reason) {
      // One has nobody else to be blamed. With the database away it is not known whether all was committed.
      if (items.length === 1 || (reason instanceof Refused && reason.code === 'service.unavailable'))
        return items.map(() => ({ status: 'rejected', reason }));
    }
    const outcomes: PromiseSettledResult<O>[] = [];
    for (const item of items) outcomes.push(...(await this.settle(tenant, [item])));
    return outcomes;
  }
}
