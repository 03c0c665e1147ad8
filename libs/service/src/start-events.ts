import type { Data } from '@tonegrid/data';
import { Consumer, Relay } from '@tonegrid/events';
import { logger, metrics } from '@tonegrid/rpc';
import type { BaseConfig } from './config';
import type { EventHandler, HandlerOptions } from './handles';
import { natsOptions } from './nats-options';

/** The relay and the consumers of this process. */
export interface Events {
  /** Throws until JetStream has been reached once. */
  check(): Promise<void>;
  /** Finishes what is under way. */
  stop(): Promise<void>;
}

/**
 * Starts publishing the outbox and handling events. NATS need not be there: both begin when it is. Each holds one connection
 * of its own to the database, for the lock that says who leads.
 */
export function startEvents(config: BaseConfig, data: Data, handlers: { options: HandlerOptions; handler: EventHandler }[]): Events {
  const common = {
    databaseUrl: config.DATABASE_URL,
    nats: natsOptions(config),
    env: config.TONEGRID_ENV,
    log: logger,
    registry: metrics.registry,
    stream: { replicas: config.NATS_REPLICAS },
  };
  const relay = new Relay(common);
  const consumers = handlers.map(({ options, handler }) => {
    const subscription = { ...options, handle: handler.handle.bind(handler) };
    return new Consumer({ ...common, data }, subscription);
  });
  relay.start();
  consumers.forEach((consumer) => consumer.start());

  let reached = false;
  return {
    async check() {
      // Once reached, the absence of NATS takes nothing out of service: events wait in the outbox, and metrics tell of it.
      if (reached) return;
      const states = [
        { ...relay.health(), works: relay.health().publishing },
        ...consumers.map((c) => ({ ...c.health(), works: c.health().consuming })),
      ];
      const waiting = states.find((state) => state.role === 'stopped' || (state.role === 'leader' && !state.works));
      if (waiting) throw new Error(waiting.problem ?? 'connecting to JetStream');
      reached = true;
    },
    async stop() {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      await relay.stop();
    },
  };
}
