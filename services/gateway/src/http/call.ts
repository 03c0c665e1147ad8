import { context, propagation, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import { languages, logger, rootContext, withCallContext, type Caller } from '@tonegrid/rpc';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticated } from '../auth/identity';
import { countRequest } from './telemetry';

/** What is known of a request while it is served. */
export interface Call {
  /** Route of the contract, `/releases/{uuid}`; `unmatched` for none. */
  route: string;
  /** Who sent it; undefined on public routes and before authentication. */
  authenticated?: Authenticated;
  /** As whom the service was called. */
  caller?: Caller;
  span: Span;
  context: Context;
  startedAt: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    call: Call;
  }
  interface FastifyContextConfig {
    /** Route of the contract. */
    template?: string;
    /** Refusals have the shape of RFC 6749, 5.2. */
    oauth?: boolean;
  }
}

const tracer = trace.getTracer('tonegrid.gateway');

/** Begins a request: its span continues the trace of a `traceparent` header (W3C Trace Context). */
export function beginCall(request: FastifyRequest): Call {
  const route = request.routeOptions.config?.template ?? 'unmatched';
  const parent = request.headers['traceparent'] === undefined ? rootContext : propagation.extract(rootContext, request.headers);
  const span = tracer.startSpan(
    `${request.method} ${route}`,
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': request.method,
        'http.route': route,
        'url.scheme': request.protocol,
        'tonegrid.request_id': request.id,
      },
    },
    parent,
  );
  return {
    route,
    span,
    context: withCallContext(trace.setSpan(parent, span), {
      requestId: request.id,
      tenant: undefined,
      locale: languageAsked(request.headers['accept-language']),
    }),
    startedAt: performance.now(),
  };
}

/** From here on the request is this sender's: logs say so, and messages about fields are in the language of the tenant. */
export function continueAs(request: FastifyRequest, authenticated: Authenticated): void {
  const { call } = request;
  call.authenticated = authenticated;
  const { tenantUuid, locale } = authenticated.caller;
  call.context = withCallContext(call.context, { requestId: request.id, tenant: tenantUuid, locale });
}

/** The language of ours that an Accept-Language header likes best (RFC 9110, 12.5.4): for who has no tenant yet. */
function languageAsked(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const liked = header
    .slice(0, 1_000)
    .split(',')
    .map((each) => {
      const [tag = '', ...parameters] = each.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return { language: tag.split('-', 1)[0]!.toLowerCase(), weight: weight === undefined ? 1 : Number(weight.slice(2)) || 0 };
    });
  return liked.filter(({ language, weight }) => weight > 0 && languages.includes(language)).sort((a, b) => b.weight - a.weight)[0]
    ?.language;
}

/** Runs work as part of a request, so that logs and calls to services tell of it. */
export const within = <T>(call: Call, work: () => T): T => context.with(call.context, work);

/** Ends a request: span, metrics and one log line; successful reads are logged at debug, because there are so many of them. */
export function endCall(request: FastifyRequest, reply: FastifyReply): void {
  const { route, span, startedAt, authenticated, caller } = request.call;
  const status = reply.raw.statusCode;
  const ms = performance.now() - startedAt;
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
  countRequest(route, request.method, status, ms);
  const level = status >= 500 ? 'warn' : status < 400 && (request.method === 'GET' || request.method === 'HEAD') ? 'debug' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  logger[level](
    {
      request_id: request.id,
      tenant: authenticated?.caller.tenantUuid,
      subject: authenticated?.caller.subject,
      trace_id: span.spanContext().traceId,
      method: request.method,
      route,
      status,
      ms: Math.round(ms * 10) / 10,
      replayed: caller?.answer.replayed || undefined,
      aborted: !reply.raw.writableFinished || undefined,
    },
    'request',
  );
}
