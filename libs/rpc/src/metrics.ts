import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

const registry = new Registry();
// The histogram of the event loop's delay has a timer of its own: by default it wakes an idle process a hundred times a second.
collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });

/** The process's Prometheus metrics; `/metrics` of the admin port shows the registry. */
export const metrics = {
  registry,
  rpcRequests: new Counter({
    name: 'rpc_server_requests_total',
    help: 'gRPC calls served, by method and outcome: OK, or the code of the refusal',
    labelNames: ['method', 'code'] as const,
    registers: [registry],
  }),
  rpcSeconds: new Histogram({
    name: 'rpc_server_duration_seconds',
    help: 'Seconds that a gRPC call took on the server',
    labelNames: ['method'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  }),
  rpcUnderWay: new Gauge({ name: 'rpc_server_under_way', help: 'gRPC calls that are being served', registers: [registry] }),
  rpcRetries: new Counter({
    name: 'rpc_client_retries_total',
    help: 'gRPC calls sent again because the peer was away, by method',
    labelNames: ['method'] as const,
    registers: [registry],
  }),
};
