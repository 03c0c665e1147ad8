import {
  context,
  isSpanContextValid,
  SpanKind,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { rootContext } from '@tonegrid/rpc';

const tracer = trace.getTracer('@tonegrid/events');

/** The running span as a W3C traceparent; undefined outside of a trace. */
export const activeTraceparent = (): string | undefined => traceparentOf(trace.getSpanContext(context.active()));

/** A span as a W3C traceparent (Trace Context, 3.2); undefined if it is none. */
export function traceparentOf(span: SpanContext | undefined): string | undefined {
  if (!span || !isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}

/** The span that a traceparent names. */
export function remoteSpan(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  const span = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(span) ? span : undefined;
}

const attributesOf = (type: string, id: string): Attributes => ({
  'messaging.system': 'nats',
  'messaging.destination.name': type,
  'messaging.message.id': id,
});

/** The span of a publish, a child of the one in which the event was told; undefined when that was in no trace that is recorded. */
export function publishSpan(traceparent: string | null, type: string, id: string): Span | undefined {
  const origin = remoteSpan(traceparent ?? undefined);
  if (!origin || !(origin.traceFlags & TraceFlags.SAMPLED)) return undefined;
  const attributes = { ...attributesOf(type, id), 'messaging.operation.type': 'send', 'messaging.operation.name': 'publish' };
  return tracer.startSpan(`publish ${type}`, { kind: SpanKind.PRODUCER, attributes }, trace.setSpanContext(rootContext, origin));
}

/**
 * The span in which an event is handled, with the context to do it in: a child of its publish, or where that left no span of the
 * one in which the event was told; in a trace that is not recorded, that one itself.
 */
export function processSpan(
  published: string | undefined,
  event: { id: string; type: string; traceparent?: string },
  consumer: string,
): { span: Span; active: Context } {
  const origin = remoteSpan(published) ?? remoteSpan(event.traceparent);
  const parent = origin ? trace.setSpanContext(rootContext, origin) : rootContext;
  if (origin && !(origin.traceFlags & TraceFlags.SAMPLED)) return { span: trace.wrapSpanContext(origin), active: parent };
  const attributes = {
    ...attributesOf(event.type, event.id),
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.consumer.group.name': consumer,
  };
  const span = tracer.startSpan(`process ${event.type}`, { kind: SpanKind.CONSUMER, attributes }, parent);
  return { span, active: trace.setSpan(parent, span) };
}
