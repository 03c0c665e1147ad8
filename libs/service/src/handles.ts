import type { HandlesMany, HandlesOne, SubscriptionOptions } from '@tonegrid/events';

/** Which events a handler takes, and how. */
export type HandlerOptions = SubscriptionOptions;

/** Handles one event in the transaction of its inbox row, as the event's tenant: both commit or neither. */
export type EventHandler = HandlesOne;

/** Handles many events in the transaction of their inbox rows, over all tenants: all commit or none. */
export type BatchHandler = HandlesMany;

const handlers = new WeakMap<object, HandlerOptions>();

/** Makes a provider the handler of events. */
export const Handles =
  (options: HandlerOptions) =>
  (target: new (...args: never[]) => EventHandler | BatchHandler): void => {
    handlers.set(target, options);
  };

/** The options of a handler class; undefined for other classes. */
export const handlerOptionsOf = (target: object): HandlerOptions | undefined => handlers.get(target);
