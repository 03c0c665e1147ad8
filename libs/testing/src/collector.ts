import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A span as it was exported; ids in hexadecimal. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  /** Empty for the root of a trace. */
  parentSpanId: string;
  name: string;
  /** INTERNAL, SERVER, CLIENT, PRODUCER or CONSUMER. */
  kind: string;
  /** `service.name` of its resource. */
  service: string;
  /** Attributes of the span and, with `resource.` before their names, of its resource. */
  attributes: Record<string, unknown>;
  failed: boolean;
}

/** An OpenTelemetry collector as far as a suite needs one: takes traces over OTLP/HTTP and remembers them. */
export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** The span and those above it, from the root down, as far as they have come; each as `service name`. */
  path(span: CollectedSpan): string[];
  stop(): Promise<void>;
}

// OTLP 1.x, JSON encoding (opentelemetry-proto, trace/v1/trace.proto).
interface KeyValue {
  key: string;
  value: { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean };
}
interface Exported {
  resourceSpans: {
    resource?: { attributes?: KeyValue[] };
    scopeSpans: {
      spans: {
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        name: string;
        kind: number;
        attributes?: KeyValue[];
        status?: { code?: number };
      }[];
    }[];
  }[];
}

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const error = 2;

const plain = (attributes: KeyValue[] = [], prefix = ''): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [`${prefix}${key}`, value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue]),
  );

function spansOf({ resourceSpans }: Exported): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = plain(resource?.attributes, 'resource.');
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: kinds[span.kind] ?? String(span.kind),
        service: String(about['resource.service.name']),
        attributes: { ...about, ...plain(span.attributes) },
        failed: span.status?.code === error,
      })),
    );
  });
}

/** Starts a collector on a free port of loopback. */
export async function startCollector(): Promise<Collector> {
  const collected: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isTraces = request.method === 'POST' && request.url === '/v1/traces' && request.headers['content-type'] === 'application/json';
      if (!isTraces) return void response.writeHead(400).end();
      const bytes = Buffer.concat(chunks);
      collected.push(
        ...spansOf(JSON.parse((request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()) as Exported),
      );
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: collected,
    path(span) {
      const path = [];
      for (let at: CollectedSpan | undefined = span; at;) {
        path.unshift(`${at.service} ${at.name}`);
        const { traceId, parentSpanId }: CollectedSpan = at;
        at = collected.find((other) => other.traceId === traceId && other.spanId === parentSpanId);
      }
      return path;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}
