import { metrics } from '@tonegrid/rpc';
import { Counter, Gauge, Histogram } from 'prom-client';

const registers = [metrics.registry];

/** What the alert rules and dashboards of deploy/ read. */
export const sendingMetrics = {
  /** `dead`: the last attempt of a delivery has failed. Such an attempt counts as `dead` alone. */
  attempts: new Counter({
    name: 'webhook_attempts_total',
    help: 'Webhook attempts by outcome: succeeded, failed, dead',
    labelNames: ['outcome'] as const,
    registers,
  }),
  queued: new Gauge({ name: 'webhook_queue_depth', help: 'Webhook deliveries that are due and not yet taken by a sender', registers }),
  seconds: new Histogram({
    name: 'webhook_attempt_duration_seconds',
    help: 'Seconds that a webhook attempt took',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  }),
};
for (const outcome of ['succeeded', 'failed', 'dead']) sendingMetrics.attempts.inc({ outcome }, 0);
