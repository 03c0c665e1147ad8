import { context } from '@opentelemetry/api';
import type { Data } from '@tonegrid/data';
import { Consumer, Relay, StreamProbe, type HandlesMany, type HandlesOne, type ReceivedEvent } from '@tonegrid/events';
import { logger, metrics, withCallContext } from '@tonegrid/rpc';
import type { BaseConfig } from './config';
import type { BatchHandler, EventHandler, HandlerOptions } from './handles';
import { natsOptions } from './nats-options';

/** The relay and the consumers of this process. */
export interface Events {
  /** Throws, with the reason, while JetStream does not answer, or what this process leads does not work. */
  check(): Promise<void>;
  /** Wakes the relay of this process; false if it does not lead. */
  wake(): boolean;
  /** Finishes the handlers that run. Goes on publishing until `answered`: as long as calls are under way, they tell of events. */
  stop(answered: Promise<void>): Promise<void>;
}

/**
 * Starts publishing the outbox and handling events. NATS need not be there: both begin when it is. Each holds one connection
 * of its own to the database, for the lock that says who leads.
 */
export function startEvents(
  config: BaseConfig,
  data: Data,
  handlers: { options: HandlerOptions; handler: EventHandler | BatchHandler }[],
): Events {
  const nats = natsOptions(config);
  const common = {
    databaseUrl: config.DATABASE_URL,
    nats,
    env: config.TONEGRID_ENV,
    log: logger,
    registry: metrics.registry,
    stream: { replicas: config.NATS_REPLICAS },
  };
  const relay = new Relay(common);
  const consumers = handlers.map(({ options, handler }) => new Consumer({ ...common, data }, { ...options, ...inItsCall(handler) }));
  const probe = new StreamProbe(nats, config.TONEGRID_ENV);
  relay.start();
  consumers.forEach((consumer) => consumer.start());

  return {
    async check() {
      // Of two processes one leads and the other has no connection of its own to JetStream: hence the probe.
      await probe.check();
      const publishing = relay.health();
      const states = [
        { ...publishing, works: publishing.publishing },
        ...consumers.map((consumer) => ({ ...consumer.health(), works: consumer.health().consuming })),
      ];
      const waiting = states.find(({ role, works }) => role === 'leader' && !works);
      if (waiting) throw new Error(waiting.problem ?? 'connecting to JetStream');
    },
    wake: () => relay.wake(),
    async stop(answered) {
      await Promise.all([probe.close(), answered, ...consumers.map((consumer) => consumer.stop())]);
      await relay.stop();
    },
  };
}

/**
 * The handler, with log lines that say which event and whose it is: the id of the event stands in place of a request's. Lines about several
 * events say neither.
 */
function inItsCall(handler: EventHandler | BatchHandler): HandlesOne | HandlesMany {
  const within = (event: ReceivedEvent, work: () => Promise<void>) =>
    context.with(withCallContext(context.active(), { requestId: event.id, tenant: event.tenantUuid }), work);
  if (handler.handleAll) {
    return {
      handleAll: (tx, events) =>
        events.length === 1 ? within(events[0]!, () => handler.handleAll(tx, events)) : handler.handleAll(tx, events),
    };
  }
  return {
    handle: (tx, event) => within(event, () => handler.handle(tx, event)),
    wanted: handler.wanted && ((event) => handler.wanted!(event)),
  };
}
