import { context, createContextKey, type Context } from '@opentelemetry/api';

/** What is known of a call wherever it is served: log lines tell of it, and messages about fields are in its language. */
export interface CallContext {
  requestId: string;
  tenant: string | undefined;
  /** BCP-47 language of messages about fields; English when it is not known. */
  locale?: string;
}

const key = createContextKey('tonegrid.call');

/** The call that is being served; undefined outside one. */
export const callContext = (): CallContext | undefined => context.active().getValue(key) as CallContext | undefined;

/** A context in which `callContext()` is this call. */
export const withCallContext = (base: Context, call: CallContext): Context => base.setValue(key, call);
