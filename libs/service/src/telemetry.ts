import { hostname } from 'node:os';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOffSampler, BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { logger } from '@tonegrid/rpc';

/** Longest wait for a collector at the end, milliseconds: traces are worth no more. */
const farewell = 2_000;
/** A collector that is away is told of once in this time, milliseconds. */
const complaintEvery = 60_000;

/**
 * Starts tracing: ids and W3C propagation always, so that logs carry trace ids; spans are recorded, and exported over OTLP/HTTP, when
 * an endpoint is given. OpenTelemetry's own variables count too: OTEL_TRACES_SAMPLER (by default every trace, unless its caller
 * says otherwise), OTEL_RESOURCE_ATTRIBUTES, OTEL_EXPORTER_OTLP_HEADERS. Answers a function that sends what is left and stops.
 * @param service name in the traces
 * @param environment TONEGRID_ENV
 * @param endpoint base URL of an OTLP/HTTP collector
 */
export function startTelemetry(service: string, environment: string, endpoint: string | undefined): () => Promise<void> {
  const resource = defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': service,
        'service.namespace': 'tonegrid',
        'service.instance.id': `${hostname()}:${process.pid}`,
        'deployment.environment.name': environment,
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }));
  const complain = complaint();
  setGlobalErrorHandler(complain);
  const provider = endpoint
    ? new BasicTracerProvider({
        resource,
        spanProcessors: [new BatchSpanProcessor(exporterTo(`${endpoint.replace(/\/$/, '')}/v1/traces`))],
      })
    : new BasicTracerProvider({ resource, sampler: new AlwaysOffSampler() });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return () => Promise.race([provider.shutdown().catch(complain), new Promise<void>((resolve) => setTimeout(resolve, farewell).unref())]);
}

function exporterTo(url: string): SpanExporter {
  // Loaded only here: it costs a service that exports nothing a tenth of a second at every start.
  const { OTLPTraceExporter } =
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    require('@opentelemetry/exporter-trace-otlp-http') as typeof import('@opentelemetry/exporter-trace-otlp-http');
  return new OTLPTraceExporter({ url });
}

/** Says that traces cannot be sent, and does not repeat it for a while. */
function complaint(): (error: unknown) => void {
  let silentUntil = 0;
  return (error) => {
    if (Date.now() < silentUntil) return;
    silentUntil = Date.now() + complaintEvery;
    logger.warn({ reason: error instanceof Error ? error.message : JSON.stringify(error) }, 'traces could not be sent');
  };
}
