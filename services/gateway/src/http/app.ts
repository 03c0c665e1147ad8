import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Refused } from '@tonegrid/errors';
import cors from '@fastify/cors';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Settings } from '../settings';
import { abandonBody, markExpecting } from './accept-body';
import { beginCall, endCall, within } from './call';
import { commonHeaders } from './common-headers';
import { refusalAnswer } from './refusals';
import { requestIdOf } from './request-id';
import { countRequest } from './telemetry';

/** Longest silence on a connection, milliseconds: longer than the slowest answer, shorter than a forgotten client. */
const silence = 120_000;
/** How often connections are looked at for a head that does not come, milliseconds. */
const lookEvery = 1_000;

/** Headers of answers that scripts of another origin may read. */
const shownToScripts = [
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Link',
  'X-ToneGrid-Idempotent-Replay',
  'Content-Disposition',
  'WWW-Authenticate',
];

/** The HTTP server without its routes. */
export interface App {
  fastify: FastifyInstance;
  /** From now on every answer ends its connection. */
  drain(): void;
}

/** Makes the HTTP server: request ids, the shape of every refusal, headers of every answer, timeouts, telemetry. */
export function createApp(settings: Settings): App {
  const common = commonHeaders(settings);
  let draining = false;

  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, headers, body } = within(request.call, () =>
      refusalAnswer(error, request.id, request.call.route, request.routeOptions.config?.oauth),
    );
    abandonBody(request.raw, reply.raw);
    if (request.call.caller?.answer.replayed) reply.header('x-tonegrid-idempotent-replay', 'true');
    void reply.code(status).headers(headers).send(body);
  };

  const app = fastify({
    genReqId: (raw) => requestIdOf(raw.headers['x-request-id']),
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false, ignoreDuplicateSlashes: false, maxParamLength: 16_384 },
    exposeHeadRoutes: false,
    trustProxy: settings.TRUSTED_PROXIES.length > 0 ? settings.TRUSTED_PROXIES : false,
    connectionTimeout: silence,
    // Uploads may take as long as they move; each kind of body has its own bound.
    requestTimeout: 0,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => {
      const raw = request.raw;
      const id = requestIdOf(raw.headers['x-request-id']);
      const { status, headers, body } = refusalAnswer(error, id, 'unmatched');
      abandonBody(raw, reply.raw);
      countRequest('unmatched', request.method, status, 0);
      reply.raw.writeHead(status, { ...common, ...headers, 'x-request-id': id, 'content-length': Buffer.byteLength(body) }).end(body);
    },
    // Who sends no Host is told so by the hook below, in our shape.
    http: { connectionsCheckingInterval: Math.min(lookEvery, settings.HEADERS_TIMEOUT_MS), requireHostHeader: false },
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, common),
  });
  app.server.headersTimeout = settings.HEADERS_TIMEOUT_MS;
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    markExpecting(request);
    app.routing(request, response);
  });

  // Bodies are read by who serves the route, after the sender is known: nothing is parsed here.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.decorateRequest('call', null as never);
  app.addHook('onRequest', (request, reply, done) => {
    request.call = beginCall(request);
    reply.headers(common).header('x-request-id', request.id);
    if (draining) reply.header('connection', 'close');
    // RFC 9112, 3.2.
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') done(new Refused('request.invalid'));
    // No path of the contract needs an escape, or any other letter than these; another spelling of a path is not that path.
    else if (!plainPath.test(request.raw.url!)) done(new Refused('route.not_found'));
    else done();
  });
  if (settings.CORS_ORIGINS.length > 0)
    void app.register(cors, {
      origin: settings.CORS_ORIGINS,
      credentials: true,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: ['Authorization', 'Content-Type', 'Content-Encoding', 'Idempotency-Key', 'X-Request-Id', 'X-Tenant-Domain'],
      exposedHeaders: shownToScripts,
      maxAge: 600,
    });
  app.addHook('onResponse', (request, reply, done) => {
    endCall(request, reply);
    done();
  });
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply));
  app.setNotFoundHandler((request, reply) => refuse(new Refused('route.not_found'), request, reply));
  return { fastify: app, drain: () => void (draining = true) };
}

/** A path of unreserved characters (RFC 3986, 2.3), absolute or below its origin, and whatever query. */
const plainPath = /^(https?:\/\/[^/?#]*)?\/[A-Za-z0-9\-._~/]*(\?[^#]*)?$/;

/** Answers what never became a request, in the same shape as everything else. */
function refuseConnection(
  error: Error & { code?: string },
  socket: Socket & { _httpMessage?: { headersSent: boolean } },
  common: Readonly<Record<string, string>>,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy();
    return;
  }
  const code =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'request.headers_too_large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'request.timeout'
        : 'request.invalid';
  const id = requestIdOf(undefined);
  const { status, headers, body } = refusalAnswer(new Refused(code), id, 'unmatched');
  const all = { ...common, ...headers, 'x-request-id': id, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const head = Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`);
}
