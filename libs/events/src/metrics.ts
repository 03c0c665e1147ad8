import { Counter, Gauge, type Registry } from 'prom-client';

const count = <L extends string>(registry: Registry, name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
  (registry.getSingleMetric(name) as Counter<L> | undefined) ??
  new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });

const gauge = <L extends string>(registry: Registry, name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
  (registry.getSingleMetric(name) as Gauge<L> | undefined) ?? new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });

/** What the relay counts. Only the process that leads knows the backlog; the others show 0. */
export const relayMetrics = (registry: Registry) => ({
  leading: gauge(registry, 'outbox_relay_leading', '1 in the process whose relay publishes'),
  unpublished: gauge(registry, 'outbox_unpublished', 'Events that are committed and not yet published (counted up to 100,000)'),
  lag: gauge(registry, 'outbox_lag_seconds', 'Age of the oldest event that is not yet published'),
  published: count(registry, 'outbox_published_total', 'Events published and acknowledged by JetStream'),
  lost: count(registry, 'outbox_lost_total', 'Published events that the stream no longer had, and that were published again'),
  failures: count(registry, 'outbox_relay_failures_total', 'Times that publishing was given up and begun anew with a new connection'),
});

/** What each consumer counts. */
export const consumerMetrics = (registry: Registry) => ({
  leading: gauge(registry, 'consumer_leading', '1 in the process that handles the events of this consumer', ['consumer']),
  pending: gauge(registry, 'consumer_pending', 'Events in the stream that this consumer has not handled', ['consumer']),
  lag: gauge(registry, 'consumer_lag_seconds', 'Age of the oldest event that was delivered to this consumer and is not handled', [
    'consumer',
  ]),
  handled: count(registry, 'consumer_handled_total', 'Events handled', ['consumer', 'type']),
  declined: count(registry, 'consumer_declined_total', 'Events that this consumer had no use for', ['consumer']),
  repeated: count(registry, 'consumer_repeated_total', 'Events that had been handled before and were passed over', ['consumer']),
  failed: count(registry, 'consumer_failed_total', 'Attempts at an event that failed', ['consumer', 'type']),
  deadLetters: count(registry, 'consumer_dead_letters_total', 'Events given up after all attempts', ['consumer', 'type']),
  replayed: count(registry, 'consumer_replayed_total', 'Dead letters that were handled after all', ['consumer', 'type']),
  rewound: count(registry, 'consumer_rewound_total', 'Times that the stream had gone back behind the position of this consumer', [
    'consumer',
  ]),
});

export type RelayMetrics = ReturnType<typeof relayMetrics>;
export type ConsumerMetrics = ReturnType<typeof consumerMetrics>;
