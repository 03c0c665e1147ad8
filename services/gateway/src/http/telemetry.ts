import { metrics } from '@tonegrid/rpc';
import { Counter, Histogram } from 'prom-client';

const registers = [metrics.registry];

const requests = new Counter({
  name: 'http_requests_total',
  help: 'HTTP requests answered, by route of the contract, method and status',
  labelNames: ['route', 'method', 'status'] as const,
  registers,
});

const seconds = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Seconds from the head of a request to the end of its answer',
  labelNames: ['route', 'method'] as const,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120],
  registers,
});

const counters = new Map<string, { inc(): void }>();
const timers = new Map<string, { observe(value: number): void }>();

/** Counts one answered request. Label sets are kept, because finding them costs more than counting. */
export function countRequest(route: string, method: string, status: number, durationMs: number): void {
  const timed = `${method} ${route}`;
  const counted = `${status} ${timed}`;
  let counter = counters.get(counted);
  if (!counter) counters.set(counted, (counter = requests.labels({ route, method, status: String(status) })));
  let timer = timers.get(timed);
  if (!timer) timers.set(timed, (timer = seconds.labels({ route, method })));
  counter.inc();
  timer.observe(durationMs / 1000);
}
