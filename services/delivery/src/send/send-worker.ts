import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { Data } from '@tonegrid/data';
import { logger, metrics, rootContext, withCallContext } from '@tonegrid/rpc';
import { CONFIG, STOPPING } from '@tonegrid/service';
import { Gauge } from 'prom-client';
import { v4 as uuidv4 } from 'uuid';
import { timingOf, type DeliveryConfig } from '../config';
import { MessageStore, type Lease, type OutgoingMessage } from '../messages/message.store';
import { Circuits } from './circuits';
import { Interrupted, LeaseLost } from './failures';
import { SendMessage, type Outcome } from './send-message';

/** How often it looks for messages that nobody woke it for: retries that are due, those of other processes. */
const lookEveryMs = 1000;
const tracer = trace.getTracer('tonegrid.delivery');

interface Job {
  done: Promise<void>;
  abort: AbortController;
}

/**
 * Takes queued messages and has them sent, several at a time. What a dead worker had goes to another one when its lease has run out.
 */
@Injectable()
export class SendWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly leaseMs: number;
  private readonly circuits: Circuits;
  private readonly jobs = new Map<string, Job>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private lookAgain = false;
  private state: 'new' | 'running' | 'stopped' = 'new';
  private late: NodeJS.Timeout | undefined;
  private isOverdue = false;

  constructor(
    @Inject(CONFIG) private readonly config: DeliveryConfig,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
    private readonly data: Data,
    private readonly messages: MessageStore,
    private readonly sender: SendMessage,
  ) {
    const timing = timingOf(config);
    this.leaseMs = timing.lease;
    this.circuits = new Circuits(timing.retryDelays[0]!);
    this.observe();
  }

  onApplicationBootstrap(): void {
    this.state = 'running';
    this.stopping.addEventListener('abort', () => this.stop(), { once: true });
    this.timer = setInterval(() => this.wake(), lookEveryMs);
    if (this.stopping.aborted) this.stop();
    this.wake();
  }

  /** Looks for work at once. */
  wake(): void {
    if (this.state !== 'running') return;
    this.lookAgain = true;
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
      if (this.lookAgain) this.wake();
    });
  }

  /** Waits until nothing is under way any more. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stop();
    await this.looking;
    // Claimed by a look that outlasted the grace.
    if (this.isOverdue) this.cutOff();
    await Promise.all([...this.jobs.values()].map(({ done }) => done));
    clearTimeout(this.late);
  }

  /** Claims nothing more; what is under way has its grace from now on, beside the calls that come to their end. */
  private stop(): void {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    clearInterval(this.timer);
    this.late = setTimeout(() => this.cutOff(), timingOf(this.config).stopGrace);
  }

  private cutOff(): void {
    this.isOverdue = true;
    this.jobs.forEach(({ abort }) => abort.abort(new Interrupted('The service is stopping.')));
  }

  private async look(): Promise<void> {
    this.lookAgain = false;
    try {
      while (this.state === 'running' && this.jobs.size < this.config.DELIVERY_CONCURRENCY) {
        // An owner of its own for each claim: a lease that was lost and taken again by this process is not the first one's.
        const lease = { owner: uuidv4(), ms: this.leaseMs };
        const message = await this.messages.claim(this.data, lease, this.circuits.resting(), this.config.DELIVERY_CONCURRENCY_PER_DSP);
        if (!message) return;
        this.begin(message, lease);
      }
    } catch (error) {
      logger.warn({ err: error }, 'messages cannot be claimed; it is tried again');
    }
  }

  private begin(message: OutgoingMessage, lease: Lease): void {
    const abort = new AbortController();
    this.circuits.begun(message.dsp);
    const done = this.traced(message, () => this.held(message, lease, abort)).then((outcome) => {
      if (outcome === 'reached') this.circuits.succeeded(message.dsp);
      else if (outcome === 'away') this.circuits.failed(message.dsp);
      else this.circuits.untold(message.dsp);
      this.jobs.delete(lease.owner);
      this.wake();
    });
    this.jobs.set(lease.owner, { done, abort });
  }

  /** Sends while the lease is kept alive; stops when it is lost. */
  private async held(message: OutgoingMessage, lease: Lease, abort: AbortController): Promise<Outcome> {
    let aliveUntil = Date.now() + lease.ms;
    const heartbeat = setInterval(() => {
      const asked = Date.now();
      this.messages.keep(this.data, message.uuid, lease).then(
        (kept) => {
          if (kept) aliveUntil = asked + lease.ms;
          else abort.abort(new LeaseLost('it has passed to another worker'));
        },
        (error: unknown) => {
          logger.warn({ err: error, message_id: message.message_id }, 'a lease could not be renewed');
          if (Date.now() > aliveUntil) abort.abort(new LeaseLost('it could not be renewed'));
        },
      );
    }, lease.ms / 3);
    try {
      return await this.sender.run(message, lease, abort.signal);
    } catch (error) {
      // Its end could not be written: the lease runs out and the message is taken again.
      logger.error({ err: error, message_id: message.message_id }, 'an attempt could not be ended');
      return 'untold';
    } finally {
      clearInterval(heartbeat);
    }
  }

  private traced<T>(message: OutgoingMessage, work: () => Promise<T>): Promise<T> {
    const parent = message.traceparent ? propagation.extract(rootContext, { traceparent: message.traceparent }) : rootContext;
    const attributes = { 'tonegrid.dsp': message.dsp, 'tonegrid.message_id': message.message_id, 'tonegrid.attempt': message.attempts };
    const span = tracer.startSpan('delivery.send', { kind: SpanKind.CONSUMER, attributes }, parent);
    const active = withCallContext(trace.setSpan(parent, span), { requestId: message.uuid, tenant: message.tenant_uuid });
    return context.with(active, work).finally(() => span.end());
  }

  private observe(): void {
    const { data, messages, circuits } = this;
    const { registry } = metrics;
    for (const name of ['delivery_queue_depth', 'delivery_dsps_resting']) registry.removeSingleMetric(name);
    new Gauge({
      name: 'delivery_queue_depth',
      help: 'Messages that wait or are under way, of all processes',
      labelNames: ['dsp'] as const,
      registers: [registry],
      async collect() {
        // Unknown while the database is away, which must not keep the other metrics from being shown.
        const depths = await messages.depth(data).catch(() => []);
        this.reset();
        depths.forEach(({ dsp, count }) => this.set({ dsp }, count));
      },
    });
    new Gauge({
      name: 'delivery_dsps_resting',
      help: 'DSPs that this process sends nothing to for a while, because they could not be reached',
      labelNames: ['dsp'] as const,
      registers: [registry],
      collect() {
        this.reset();
        circuits.resting().forEach((dsp) => this.set({ dsp }, 1));
      },
    });
  }
}
