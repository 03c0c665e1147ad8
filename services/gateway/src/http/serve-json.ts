import type { DescService } from '@bufbuild/protobuf';
import { Family } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import type { RpcClient } from '@tonegrid/rpc';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Query } from '../contract/from-query';
import { compileNextCursor, linkNext } from '../contract/next-page';
import { compileRequest } from '../contract/read-request';
import type { ContractRoute } from '../contract/routes';
import { compileWriter } from '../contract/to-json';
import type { Settings } from '../settings';
import { hasNoBody } from './accept-body';
import { within } from './call';
import { callerOf } from './caller-of';
import { honoursKeys, idempotencyKey, idempotencyOf } from './idempotency-key';
import { readBody } from './read-body';
import { isJson, parseJson } from './read-json';

/** Serves one route of the contract. */
export type Serve = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

const jsonType = 'application/json; charset=utf-8';

/** Serves a route whose request and answer are JSON. */
export function serveJson(route: ContractRoute, client: RpcClient<DescService>, settings: Settings): Serve {
  const readRequest = compileRequest(route);
  const send = sendJson(route, settings);
  const mayHaveBody = route.verb !== 'GET';
  const bounds = { maxBytes: Number(route.access.maxBodyBytes) || settings.MAX_BODY_BYTES, timeoutMs: settings.BODY_TIMEOUT_MS };
  const keyed = honoursKeys(route);

  return async (request, reply) => {
    const key = keyed ? idempotencyKey(request.headers['idempotency-key']) : undefined;
    const body = mayHaveBody && !hasNoBody(request.raw) ? await readBody(request.raw, reply.raw, bounds) : nothing;
    if (body.length > 0 && !isJson(request.headers['content-type']))
      throw new Refused('request.unsupported_media_type', { params: { expected: 'application/json' } });
    const path = request.params as Record<string, string>;
    const message = readRequest({ path, query: request.query as Query, body: parseJson(body) });
    const caller = callerOf(request, key === undefined ? undefined : idempotencyOf(key, route, { path, query: queryOf(request) }, body));
    let answer: Buffer;
    try {
      answer = await within(request.call, () => client.unary(route.method, caller, message));
    } catch (error) {
      throw bodyRelative(route, error);
    }
    return send(request, reply, answer);
  };
}

const nothing = Buffer.alloc(0);

/** The query string of a request without its question mark. */
export function queryOf(request: FastifyRequest): string {
  const at = request.url.indexOf('?');
  return at === -1 ? '' : request.url.slice(at + 1);
}

/** Sends the answer of a service, given as its bytes, as the route's JSON. */
export function sendJson(
  route: ContractRoute,
  settings: Settings,
): (request: FastifyRequest, reply: FastifyReply, bytes: Buffer) => FastifyReply {
  const write = compileWriter(route.method.output, route.access.family === Family.ENVELOPE);
  const nextCursor = compileNextCursor(route.method.output);
  return (request, reply, bytes) => {
    if (request.call.caller?.answer.replayed) reply.header('x-tonegrid-idempotent-replay', 'true');
    reply.code(route.success);
    if (route.success === 204) return reply.send();
    const cursor = nextCursor?.(bytes);
    if (cursor !== undefined) {
      const path = request.url.split('?', 1)[0]!.slice(settings.BASE_PATH.length);
      reply.header('link', linkNext(`${settings.PUBLIC_URL}${path}`, queryOf(request), cursor));
    }
    return reply.header('content-type', jsonType).send(write(bytes));
  };
}

/** Where the body is one field of the request, field paths begin at the body, not at that field. */
function bodyRelative(route: ContractRoute, error: unknown): unknown {
  if (typeof route.body !== 'object' || !(error instanceof Refused) || !error.fields) return error;
  const prefix = `${route.body.name}.`;
  const entries = Object.entries(error.fields);
  if (!entries.some(([field]) => field.startsWith(prefix))) return error;
  const fields = Object.fromEntries(
    entries.map(([field, messages]) => [field.startsWith(prefix) ? field.slice(prefix.length) : field, messages]),
  );
  return Refused.restore(error.code, error.message, fields, error.retryAfterSeconds);
}
