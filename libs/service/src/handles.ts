import type { Tx } from '@tonegrid/data';
import type { ReceivedEvent, Subscription } from '@tonegrid/events';

/** Which events a handler takes, and how; see `Subscription` of libs/events. */
export type HandlerOptions = Omit<Subscription, 'handle' | 'wanted'>;

/** Handles one event in the transaction of its inbox row, as the event's tenant: both commit or neither. */
export interface EventHandler {
  handle(tx: Tx, event: ReceivedEvent): Promise<void>;
  /** Whether it has a use for the event, asked before and outside of a transaction; see `Subscription.wanted`. */
  wanted?(event: ReceivedEvent): Promise<boolean>;
}

const handlers = new WeakMap<object, HandlerOptions>();

/** Makes a provider the handler of events. */
export const Handles =
  (options: HandlerOptions) =>
  (target: new (...args: never[]) => EventHandler): void => {
    handlers.set(target, options);
  };

/** The options of a handler class; undefined for other classes. */
export const handlerOptionsOf = (target: object): HandlerOptions | undefined => handlers.get(target);
