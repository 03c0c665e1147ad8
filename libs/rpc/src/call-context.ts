import { context, createContextKey, type Context } from '@opentelemetry/api';

/** What every log line of a call says. */
export interface CallContext {
  requestId: string;
  tenant: string | undefined;
}

const key = createContextKey('tonegrid.call');

/** The call that is being served; undefined outside one. */
export const callContext = (): CallContext | undefined => context.active().getValue(key) as CallContext | undefined;

/** A context in which `callContext()` is this call. */
export const withCallContext = (base: Context, call: CallContext): Context => base.setValue(key, call);
