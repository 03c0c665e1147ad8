import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { logger } from '@tonegrid/rpc';
import { Vault } from '@tonegrid/secrets';
import { CONFIG } from '@tonegrid/service';
import type { WebhooksConfig } from '../config';
import { addressRules } from '../subscriptions/targets';
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

/** Milliseconds between looks at the queue when nothing is told: retries, and what other processes have queued. */
const lookEveryMs = 500;
/** Milliseconds between looks for interrupted attempts, and of the queue's depth. */
const tendEveryMs = 2_000;
const tracer = trace.getTracer('@tonegrid/webhooks');

/**
 * Sends what is queued. Any number of processes may run it: each attempt is taken by one, with a lease. What is committed is sent at
 * least once: an attempt whose sender dies is made again under a new delivery id and the same event id.
 */
@Injectable()
export class Sender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly lanes: Lanes;
  private readonly poster: Poster;
  private readonly outcomes: OutcomeWriter;
  private readonly underWay = new Set<Promise<void>>();
  private offered: Offer[] = [];
  /** There may be more in the queue than what was offered. */
  private more = true;
  private stopping = false;
  private ring: () => void = () => undefined;
  private sending: Promise<void> | undefined;
  private tending: NodeJS.Timeout | undefined;

  constructor(
    private readonly attempts: AttemptStore,
    private readonly vault: Vault,
    @Inject(CONFIG) private readonly config: WebhooksConfig,
  ) {
    this.lanes = new Lanes(config.WEBHOOK_IN_FLIGHT, config.WEBHOOK_IN_FLIGHT_PER_ENDPOINT);
    this.poster = new Poster(addressRules(config), config.WEBHOOK_TIMEOUT_MS);
    this.outcomes = new OutcomeWriter(attempts);
  }

  onApplicationBootstrap(): void {
    this.sending = this.send();
    this.tend();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.ring();
    clearTimeout(this.tending);
    await this.sending;
    this.outcomes.stop();
    await Promise.all(this.underWay);
    await this.poster.close();
  }

  /** Deliveries whose commit is done: they are taken at once if there is room, else when their turn comes. */
  offer(deliveries: readonly Offer[]): void {
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

  private async send(): Promise<void> {
    for (let nextLook = 0; !this.stopping;) {
      const told = new Promise<void>((resolve) => (this.ring = resolve));
      try {
        const looks = this.lanes.free > 0 && (this.more || performance.now() >= nextLook);
        const taken = this.lanes.free > 0 ? await this.takeOffered() : [];
        const began = performance.now();
        if (taken.length === 0 && looks) {
          this.more = false;
          taken.push(...(await this.attempts.takeDue(this.lanes.free, this.config.WEBHOOK_IN_FLIGHT_PER_ENDPOINT, this.lanes.limited())));
          if (taken.length > 0) this.more = true;
          // A look that takes long, over many webhooks, is worth waiting longer for.
          nextLook = performance.now() + Math.max(lookEveryMs, 10 * (performance.now() - began));
        }
        for (const attempt of taken) this.begin(attempt);
        if (taken.length > 0) continue;
      } catch (error) {
        this.more = true;
        logger.warn({ err: error }, 'webhooks could not be taken from the queue; trying again');
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      await this.wait(told, nextLook - performance.now());
    }
  }

  private async wait(told: Promise<void>, ms: number): Promise<void> {
    if (this.stopping || ((this.offered.length > 0 || this.more) && this.lanes.free > 0)) return;
    let timer: NodeJS.Timeout | undefined;
    // With no room left only the end of an attempt matters, and that rings.
    const time = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.lanes.free > 0 ? Math.max(ms, 10) : lookEveryMs)));
    await Promise.race([told, time]);
    clearTimeout(timer);
  }

  private async takeOffered(): Promise<Taken[]> {
    const uuids: string[] = [];
    const asked = new Map<string, number>();
    const offers = this.offered;
    this.offered = [];
    for (const { uuid, webhookUuid } of offers) {
      const count = (asked.get(webhookUuid) ?? 0) + 1;
      if (uuids.length < this.lanes.free && count <= this.lanes.room(webhookUuid)) {
        asked.set(webhookUuid, count);
        uuids.push(uuid);
      } else this.more = true;
    }
    return uuids.length > 0 ? this.attempts.takeThese(uuids) : [];
  }

  private begin(attempt: Taken): void {
    this.lanes.enter(attempt.webhook_uuid, attempt.uuid);
    const running = this.attempt(attempt)
      .catch((error: unknown) => logger.error({ err: error, delivery: attempt.uuid }, 'a webhook attempt failed in the sender itself'))
      .finally(() => {
        this.underWay.delete(running);
        if (this.lanes.leave(attempt.webhook_uuid, attempt.uuid)) this.more = true;
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

  private post(attempt: Taken): Promise<Outcome> {
    const sealed = [attempt.secret, attempt.previous_secret].filter((secret) => secret !== null);
    const secrets = sealed.map((secret) => openSecret(this.vault, secret, attempt.webhook_uuid));
    const body = Buffer.from(attempt.body);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'ToneGrid-Webhooks/1.0',
      accept: '*/*',
      'accept-encoding': 'identity',
      'x-tonegrid-event': attempt.event,
      'x-tonegrid-delivery-id': attempt.uuid,
      ...signatureHeaders(secrets, { eventId: attempt.event_id, timestamp: Math.floor(Date.now() / 1000), body }),
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
    sendingMetrics.queued.set(await this.attempts.countDue());
  }
}
