import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { processSpan, publishSpan, remoteSpan, traceparentOf } from './tracing';

const spans = new InMemorySpanExporter();
const id = '0190a000-0000-7000-8000-0000000000e1';
const told = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

beforeAll(() => trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })));
afterEach(() => spans.reset());
afterAll(() => trace.disable());
const lastSpan = (): ReadableSpan => spans.getFinishedSpans().at(-1)!;

test('a traceparent names a remote span; a malformed one or one of zeros none', () => {
  expect(remoteSpan(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`)).toEqual({
    traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true,
  }); // prettier-ignore
  for (const text of [undefined, '', '00-1-2-01', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`]) expect(remoteSpan(text)).toBeUndefined();
});

test('a span is told as the traceparent that names it, and one outside of a trace as none', () => {
  expect(traceparentOf(remoteSpan(told))).toBe(told);
  expect(traceparentOf(undefined)).toBeUndefined();
  expect(traceparentOf(trace.getSpanContext(ROOT_CONTEXT))).toBeUndefined();
});

test('a publish is a child of the span in which the event was told, and handling it a child of the publish', () => {
  const published = publishSpan(told, 'release.created', id)!;
  published.end();
  expect(lastSpan()).toMatchObject({
    name: 'publish release.created',
    kind: SpanKind.PRODUCER,
    parentSpanContext: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
    attributes: { 'messaging.system': 'nats', 'messaging.destination.name': 'release.created', 'messaging.message.id': id },
  });
  const { span, active } = processSpan(
    traceparentOf(published.spanContext()),
    { id, type: 'release.created', traceparent: told },
    'webhooks',
  );
  expect(trace.getSpan(active)).toBe(span);
  span.end();
  expect(lastSpan()).toMatchObject({
    name: 'process release.created',
    kind: SpanKind.CONSUMER,
    parentSpanContext: { traceId: 'a'.repeat(32), spanId: published.spanContext().spanId },
    attributes: { 'messaging.consumer.group.name': 'webhooks', 'messaging.operation.type': 'process' },
  });
});

test.each([null, 'nonsense', told.replace(/01$/, '00')])(
  'an event told outside of a recorded trace (%s) is published without a span',
  (traceparent) => {
    expect(publishSpan(traceparent, 'release.created', id)).toBeUndefined();
  },
);

test('an event whose publish left no span is handled as a child of where it was told, and one of no trace in a trace of its own', () => {
  processSpan(undefined, { id, type: 'release.created', traceparent: told }, 'webhooks').span.end();
  expect(lastSpan().parentSpanContext?.spanId).toBe('b'.repeat(16));
  processSpan('', { id, type: 'release.created' }, 'webhooks').span.end();
  expect(lastSpan().parentSpanContext).toBeUndefined();
});
