import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { addressRules, HOST_NAMES, type ResolveName } from '@tonegrid/outbound';
import { logger } from '@tonegrid/rpc';
import { Vault } from '@tonegrid/secrets';
import { CONFIG, STOPPING } from '@tonegrid/service';
import type { WebhooksConfig } from '../config';
import { openSecret } from '../subscriptions/webhook-secret';
import { AttemptStore, type Ended, type Taken } from './attempt.store';
import { Lanes } from './lanes';
import { sendingMetrics } from './metrics';
import { OutcomeWriter } from './outcome-writer';
import { Poster, type Outcome } from './post';
import { delayAfter } from './retry-schedule';
import { signatureHeaders } from './sign';

/** A delivery that has just been queued. */
export interface Offer {
  uuid: string;
  webhookUuid: string;
}

/** What may be taken in the transaction that queues it. */
export interface Openings {
  /** Attempts at most. */
  most: number;
  /** Webhooks that may have none. */
  closed: string[];
  /** Milliseconds that a taken attempt belongs to us. */
  leaseMs: number;
}

/** Milliseconds between looks at the queue when nothing is told: retries, and what other processes have queued. */
const lookEveryMs = 500;
/** Milliseconds between looks for interrupted attempts. */
const tendEveryMs = 2_000;
/** Milliseconds after which openings that were given out count as unused: the transaction has failed. */
const lendForMs = 1_000;
const tracer = trace.getTracer('@tonegrid/webhooks');

/**
 * Sends what is queued. Any number of processes may run it: each attempt is taken by one, with a lease. What is committed is sent at
 * least once: an attempt whose sender dies is made again under a new delivery id and the same event id. To one webhook, events of one
 * subject go in their order; a failed one is overtaken while it waits for its retry.
 */
@Injectable()
export class Sender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly lanes: Lanes;
  private readonly poster: Poster;
  private readonly outcomes: OutcomeWriter;
  private readonly underWay = new Set<Promise<void>>();
  private offered: Offer[] = [];
  /** Offered, but not yet in turn: webhook → what is offered again when an attempt to it has ended. */
  private readonly behind = new Map<string, Offer[]>();
  /** There may be more in the queue than what was offered. */
  private more = true;
  private stopping = false;
  private ring: () => void = () => undefined;
  private sending: Promise<void> | undefined;
  private tending: NodeJS.Timeout | undefined;
  private countAt = 0;
  private lentUntil = 0;

  constructor(
    private readonly attempts: AttemptStore,
    private readonly vault: Vault,
    @Inject(CONFIG) private readonly config: WebhooksConfig,
    @Inject(HOST_NAMES) resolve: ResolveName,
    @Inject(STOPPING) private readonly asked: AbortSignal,
  ) {
    this.lanes = new Lanes(config.WEBHOOK_IN_FLIGHT, config.WEBHOOK_IN_FLIGHT_PER_ENDPOINT);
    this.poster = new Poster(addressRules(config), config.WEBHOOK_TIMEOUT_MS, resolve);
    this.outcomes = new OutcomeWriter(attempts);
  }

  onApplicationBootstrap(): void {
    this.asked.addEventListener('abort', () => this.stop(), { once: true });
    if (this.asked.aborted) this.stop();
    this.sending = this.send();
    this.tend();
  }

  /** Waits until nothing is under way any more. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stop();
    await this.sending;
    this.outcomes.stop();
    await Promise.all(this.underWay);
    await this.poster.close();
  }

  /**
   * Where there is room now, for one event at a time: until `make` tells what it took, the others find none and are offered, or together
   * they would take the same room many times over.
   */
  openings(): Openings {
    const { leaseMs } = this.attempts;
    const now = performance.now();
    if (this.stopping || this.lanes.free === 0 || now < this.lentUntil) return { most: 0, closed: [], leaseMs };
    this.lentUntil = now + lendForMs;
    const closed = this.lanes.rooms().flatMap(({ webhook, room }) => (room > 0 ? [] : [webhook]));
    return { most: this.lanes.free, closed, leaseMs };
  }

  /** Makes the attempts that were taken in the openings. */
  make({ most }: Openings, attempts: readonly Taken[]): void {
    if (most > 0) this.lentUntil = 0;
    attempts.forEach((attempt) => this.begin(attempt));
  }

  /** Deliveries whose commit is done: they are taken at once if there is room, else when their turn comes. */
  offer(deliveries: readonly Offer[]): void {
    if (deliveries.length === 0) return;
    // Beyond what can begin soon, the queue itself is the better list.
    if (this.offered.length + deliveries.length > this.config.WEBHOOK_IN_FLIGHT) this.more = true;
    else this.offered.push(...deliveries);
    this.ring();
  }

  /** Says that something in the queue may have become due. */
  look(): void {
    this.more = true;
    this.ring();
  }

  /** Takes nothing more; attempts under way end while the calls under way do. */
  private stop(): void {
    this.stopping = true;
    this.ring();
    clearTimeout(this.tending);
  }

  private async send(): Promise<void> {
    // Looks come at least every `lookEveryMs`, also while offers do not cease, or retries would starve; and never so often that they
    // take more than half of the time: over many webhooks one takes long.
    for (let [nextLook, mayLook] = [0, 0]; !this.stopping;) {
      const told = new Promise<void>((resolve) => (this.ring = resolve));
      try {
        const taken = this.lanes.free > 0 ? await this.takeOffered() : [];
        taken.forEach((attempt) => this.begin(attempt));
        const began = performance.now();
        if (this.lanes.free > 0 && (began >= nextLook || (this.more && began >= mayLook))) {
          this.more = false;
          const due = await this.attempts.takeDue(this.lanes.free, this.lanes.roomOfNew, this.lanes.rooms());
          due.forEach((attempt) => this.begin(attempt));
          if (due.length > 0) this.more = true;
          const ended = performance.now();
          mayLook = ended + (ended - began);
          nextLook = ended + Math.max(lookEveryMs, 10 * (ended - began));
        }
      } catch (error) {
        this.more = true;
        logger.warn({ err: error }, 'webhooks could not be taken from the queue; trying again');
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      await this.wait(told, this.more ? mayLook : nextLook);
    }
  }

  /** Until something is told or the time has come. With no room left only the end of an attempt matters, and that rings. */
  private async wait(told: Promise<void>, until: number): Promise<void> {
    if (this.stopping || (this.offered.length > 0 && this.lanes.free > 0)) return;
    const ms = this.lanes.free > 0 ? until - performance.now() : lookEveryMs;
    if (ms <= 0) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([told, new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.ceil(ms))))]);
    clearTimeout(timer);
  }

  /** What finds no room here is in the queue, and looked for when there is room again. */
  private async takeOffered(): Promise<Taken[]> {
    const asked: Offer[] = [];
    const count = new Map<string, number>();
    const offers = this.offered;
    this.offered = [];
    for (const offer of offers) {
      const { webhookUuid } = offer;
      const ofWebhook = (count.get(webhookUuid) ?? 0) + 1;
      if (asked.length >= this.lanes.free) this.more = true;
      else if (ofWebhook <= this.lanes.room(webhookUuid)) {
        count.set(webhookUuid, ofWebhook);
        asked.push(offer);
      }
    }
    if (asked.length === 0) return [];
    const taken = await this.attempts.takeThese(asked.map(({ uuid }) => uuid));
    this.setBehind(asked, taken);
    return taken;
  }

  // If nothing to the webhook is under way here, it is so elsewhere, and the next look will tell.
  private setBehind(asked: Offer[], taken: Taken[]): void {
    const took = new Set(taken.map(({ uuid }) => uuid));
    const busy = new Set(taken.map(({ webhook_uuid }) => webhook_uuid));
    for (const offer of asked) {
      const { uuid, webhookUuid } = offer;
      if (took.has(uuid) || !(busy.has(webhookUuid) || this.lanes.isBusy(webhookUuid))) continue;
      this.behind.set(webhookUuid, [...(this.behind.get(webhookUuid) ?? []), offer]);
    }
  }

  private begin(attempt: Taken): void {
    const { webhook_uuid: webhook, uuid } = attempt;
    this.lanes.enter(webhook, uuid);
    const running = this.attempt(attempt)
      .catch((error: unknown) => logger.error({ err: error, delivery: uuid }, 'a webhook attempt failed in the sender itself'))
      .finally(() => {
        this.underWay.delete(running);
        if (this.lanes.leave(webhook, uuid)) this.more = true;
        this.offered.unshift(...(this.behind.get(webhook) ?? []));
        this.behind.delete(webhook);
        this.ring();
      });
    this.underWay.add(running);
  }

  private attempt(attempt: Taken): Promise<void> {
    const parent = attempt.traceparent ? propagation.extract(context.active(), { traceparent: attempt.traceparent }) : context.active();
    const attributes = { 'tonegrid.event': attempt.event, 'tonegrid.webhook': attempt.webhook_uuid, 'tonegrid.delivery': attempt.uuid };
    return tracer.startActiveSpan('send webhook', { kind: SpanKind.CLIENT, attributes }, parent, async (span) => {
      try {
        const outcome = await this.post(attempt);
        const ended = this.ended(attempt, outcome);
        if (!outcome.succeeded) span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.error });
        sendingMetrics.attempts.inc({ outcome: ended.status });
        sendingMetrics.seconds.observe(outcome.durationMs / 1000);
        const { uuid: delivery, webhook_uuid: webhook, tenant_uuid: tenant, event_id, event, retry_count } = attempt;
        const level = ended.status === 'dead' ? 'warn' : 'debug';
        logger[level](
          { delivery, webhook, tenant, event_id, event, retry_count, code: outcome.code, reason: outcome.error },
          `webhook ${ended.status}`,
        );
        await this.outcomes.write(ended);
      } finally {
        span.end();
      }
    });
  }

  private async post(attempt: Taken): Promise<Outcome> {
    const body = Buffer.from(attempt.body);
    const timestamp = Math.floor(Date.now() / 1000);
    let signatures: Record<string, string>;
    try {
      const sealed = [attempt.secret, attempt.previous_secret].filter((secret) => secret !== null);
      const secrets = sealed.map((secret) => openSecret(this.vault, secret, attempt.webhook_uuid));
      signatures = signatureHeaders(secrets, { eventId: attempt.event_id, timestamp, body });
    } catch (error) {
      // Most likely another ENCRYPTION_KEY than the one it was sealed with: for the operator to mend before the retries are over.
      logger.error({ err: error, webhook: attempt.webhook_uuid }, 'the secret of a webhook cannot be opened');
      return { succeeded: false, error: 'The event could not be signed: the fault is on our side.', durationMs: 0 };
    }
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'ToneGrid-Webhooks/1.0',
      accept: '*/*',
      'accept-encoding': 'identity',
      'x-tonegrid-event': attempt.event,
      'x-tonegrid-delivery-id': attempt.uuid,
      ...signatures,
    };
    return this.poster.post(attempt.url, headers, body);
  }

  private ended({ uuid, retry_count }: Taken, outcome: Outcome): Ended {
    const { code, body, error, durationMs } = outcome;
    const common = { uuid, code, body, error, durationMs };
    if (outcome.succeeded) return { ...common, status: 'succeeded' };
    const inSeconds = delayAfter(retry_count, this.config.WEBHOOK_RETRY_SECONDS, outcome.wishedSeconds);
    if (inSeconds === undefined) return { ...common, status: 'dead' };
    return { ...common, status: 'failed', next: { inSeconds, retryCount: retry_count + 1 } };
  }

  private tend(): void {
    this.tending = setTimeout(() => {
      this.tendOnce()
        .catch((error: unknown) => logger.warn({ err: error }, 'interrupted webhook attempts could not be looked for'))
        .finally(() => {
          if (!this.stopping) this.tend();
        });
    }, tendEveryMs);
  }

  private async tendOnce(): Promise<void> {
    const interrupted = await this.attempts.endInterrupted();
    if (interrupted > 0) {
      sendingMetrics.attempts.inc({ outcome: 'failed' }, interrupted);
      logger.warn({ attempts: interrupted }, 'webhook attempts were interrupted and are made again');
      this.look();
    }
    // Over many webhooks counting takes long: it may have a twentieth of the time.
    const began = performance.now();
    if (began < this.countAt) return;
    sendingMetrics.queued.set(await this.attempts.countDue());
    this.countAt = performance.now() + 20 * (performance.now() - began);
  }
}
