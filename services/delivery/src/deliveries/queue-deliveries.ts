import { Inject, Injectable } from '@nestjs/common';
import { CatalogService } from '@tonegrid/contracts';
import type { Tx } from '@tonegrid/data';
import { threadIdFor } from '@tonegrid/ddex';
import { DspRegistry, hyphenSlug, type Dsp } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { audited, Outbox } from '@tonegrid/events';
import { derivedKey } from '@tonegrid/idempotency';
import type { Caller, RpcClient } from '@tonegrid/rpc';
import { clientOf } from '@tonegrid/service';
import { MessageStore } from '../messages/message.store';
import { SendWorker } from '../send/send-worker';
import { DeliveryStore, type DeliveryRow } from './delivery.store';
import { onQueued } from './status';

/** What to deliver. */
export interface Order {
  release: string;
  /** One DSP, in any spelling; all attached ones when left out. */
  slug?: string;
  /** Only where the release has been delivered before. */
  again?: boolean;
}

interface Target {
  dsp: Dsp;
  isBlocked: boolean;
}

/** What was queued, and what was not and why: the answer of every use case that orders deliveries. */
export interface Queued {
  message: string;
  data: { queued: { dsp: string; state: string }[]; skipped: { dsp: string; reason: string }[] };
}

/** Runs the work as a change of its caller, with the response message of its rpc. */
type Change<A> = (work: (tx: Tx) => Promise<Queued>) => Promise<A>;

/** Thrown by work that was only to find out whether it had been done before. */
const unanswered = new Error('this call has not been answered before');

/**
 * Queues messages: status, message and event of each DSP in one transaction. A DSP that a message is already on its way to
 * is skipped as `in_progress`, in the answer for all and for one alike, so that pressing twice sends once.
 */
@Injectable()
export class QueueDeliveries {
  constructor(
    private readonly registry: DspRegistry,
    private readonly deliveries: DeliveryStore,
    private readonly messages: MessageStore,
    private readonly worker: SendWorker,
    private readonly outbox: Outbox,
    @Inject(clientOf(CatalogService)) private readonly catalog: RpcClient<typeof CatalogService>,
  ) {}

  /**
   * The catalogue is asked before the change, because it may take seconds in which no connection to the database may be held; what it
   * refuses is thrown within the change, so that it is stored under an Idempotency-Key. A key that was answered is answered from the
   * store and the catalogue is not asked again, since that may submit a draft.
   *
   * Refuses with `dsp.not_found`, `dsp.not_attached`, `dsp.none_attached`, `delivery.blocked` (one DSP), and as the catalogue
   * does (`release.not_found`, `release.not_approved`, the gate that failed).
   */
  async run<A>(caller: Caller, order: Order, change: Change<A>): Promise<A> {
    if (caller.idempotency) {
      try {
        return await change(() => Promise.reject(unanswered));
      } catch (error) {
        if (error !== unanswered) throw error;
      }
    }
    const asked = await this.targets(caller, order).then(
      (targets) => ({ targets }),
      (refusal: unknown) => ({ refusal }),
    );
    return change(async (tx) => {
      if ('refusal' in asked) throw asked.refusal;
      return this.queue(caller, tx, order, asked.targets);
    });
  }

  private async queue(caller: Caller, tx: Tx, order: Order, targets: Target[]): Promise<Queued> {
    const open = targets.filter(({ isBlocked }) => !isBlocked);
    const rows = await this.deliveries.lockAll(
      tx,
      caller.tenantUuid,
      order.release,
      open.map(({ dsp }) => dsp.slug),
    );
    const { busy, told } = await this.messages.stateOf(
      tx,
      rows.map(({ uuid }) => uuid),
    );
    const queued: { dsp: string; state: string }[] = [];
    const skipped: { dsp: string; reason: string }[] = [];
    const now = Date.now();
    for (const { dsp, isBlocked } of targets) {
      const row = rows.find((each) => each.dsp === dsp.slug);
      const reason =
        isBlocked || !row ? 'is_blocked' : busy.has(row.uuid) ? 'in_progress' : order.again && !told.has(row.uuid) ? 'not_delivered' : null;
      if (reason || !row) skipped.push({ dsp: hyphenSlug(dsp), reason: reason ?? 'is_blocked' });
      else queued.push({ dsp: hyphenSlug(dsp), state: await this.one(tx, row, new Date(now + queued.length)) });
    }
    if (queued.length > 0) {
      tx.afterCommit(() => this.worker.wake());
      const after = { dsps: queued.map(({ dsp, state }) => `${dsp} ${state}`) };
      const action = order.again ? 'redelivery.queued' : 'delivery.queued';
      await this.outbox.add(tx, audited(caller, { action, target: `release:${order.release}`, after }));
    }
    return { message: `${queued.length} DSP(s) queued for direct DDEX delivery.`, data: { queued, skipped } };
  }

  private async one(tx: Tx, row: DeliveryRow, createdAt: Date): Promise<string> {
    const step = onQueued(row.status, row.live_at !== null);
    const threadId = threadIdFor(row.release_uuid, row.dsp);
    const isUpdate = step.status === 'update_submitted';
    const messageId = await this.messages.queue(tx, row, { threadId, isUpdate, createdAt });
    await this.deliveries.move(tx, row, step, { messageId, threadId });
    return step.status;
  }

  private async targets(caller: Caller, { release, slug }: Order): Promise<Target[]> {
    const one = slug === undefined ? undefined : this.dsp(slug);
    const prepared = await this.catalog.prepareDelivery(derivedKey(caller, 'prepare-delivery'), {
      uuid: release,
      // As it was asked, for a refusal that names it.
      dspSlugs: slug === undefined ? [] : [slug],
    });
    const targets = prepared.targets.map((target) => ({ dsp: this.dsp(target.slug), isBlocked: target.isBlocked }));
    if (one) {
      const target = targets.find(({ dsp }) => dsp === one);
      if (!target) throw new Refused('dsp.not_attached', { params: { slug: slug! } });
      if (target.isBlocked) throw new Refused('delivery.blocked', { params: { dsp: one.name } });
      return [target];
    }
    if (targets.length === 0) throw new Refused('dsp.none_attached');
    return targets;
  }

  private dsp(slug: string): Dsp {
    const dsp = this.registry.get(slug);
    if (!dsp) throw new Refused('dsp.not_found', { params: { slug } });
    return dsp;
  }
}
