import { fromBinary, getOption, hasOption, type DescMessage, type DescService } from '@bufbuild/protobuf';
import { cookie as cookieOption, Family } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import type { RpcClient } from '@tonegrid/rpc';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { setCookie } from '../auth/session-cookie';
import type { Query } from '../contract/from-query';
import { compileNextCursor, linkNext } from '../contract/next-page';
import { compileRequest } from '../contract/read-request';
import type { ContractRoute } from '../contract/routes';
import { compileWriter } from '../contract/to-json';
import type { Settings } from '../settings';
import { hasNoBody } from './accept-body';
import { within } from './call';
import { callerOf } from './caller-of';
import { isForm, parseForm, withBasicClient } from './oauth-request';
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
  const readValues = bodyReader(route);
  const mayHaveBody = route.verb !== 'GET';
  const bounds = { maxBytes: Number(route.access.maxBodyBytes) || settings.MAX_BODY_BYTES, timeoutMs: settings.BODY_TIMEOUT_MS };
  const keyed = honoursKeys(route);

  return async (request, reply) => {
    const key = keyed ? idempotencyKey(request.headers['idempotency-key']) : undefined;
    const body = mayHaveBody && !hasNoBody(request.raw) ? await readBody(request.raw, reply.raw, bounds) : nothing;
    const path = request.params as Record<string, string>;
    const message = readRequest({ path, query: request.query as Query, body: readValues(request, body), headers: request.headers });
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

/** How the bytes of a body become an object: JSON, and where OAuth clients come in also a form, with the client of HTTP Basic. */
function bodyReader({ access, method }: ContractRoute): (request: FastifyRequest, bytes: Buffer) => unknown {
  const json = (request: FastifyRequest, bytes: Buffer): unknown => {
    if (bytes.length > 0 && !isJson(request.headers['content-type']))
      throw new Refused('request.unsupported_media_type', { params: { expected: 'application/json' } });
    return parseJson(bytes);
  };
  if (!access.oauth) return json;
  return (request, bytes) => {
    const given = isForm(request.headers['content-type']) ? parseForm(bytes, method.input) : json(request, bytes);
    return withBasicClient(given, request.headers.authorization, method.input);
  };
}

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
  const cookies = cookiesOf(route, settings);
  // What a public endpoint answers to a POST are tokens (RFC 6749, 5.1); elsewhere admission has said so already.
  const secret = route.access.who.case === 'public' && route.verb !== 'GET';
  return (request, reply, bytes) => {
    if (request.call.caller?.answer.replayed) reply.header('x-tonegrid-idempotent-replay', 'true');
    if (secret) reply.header('cache-control', 'no-store');
    if (cookies) reply.header('set-cookie', cookies(bytes));
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

/** The Set-Cookie headers of a route's answers; undefined for a route that has nothing to do with cookies. */
function cookiesOf({ method, access }: ContractRoute, { PUBLIC_URL: publicUrl }: Settings): ((bytes: Buffer) => string[]) | undefined {
  const removed = access.clearCookie === '' ? [] : [setCookie(access.clearCookie, '', 0, { publicUrl })];
  const set = cookieFields(method.output);
  if (set.length === 0) return removed.length === 0 ? undefined : () => removed;
  return (bytes) => {
    const answer = fromBinary(method.output, bytes) as unknown as Record<string, unknown>;
    const lifetime = Number(answer['expiresIn']);
    return [...removed, ...set.map(({ name, localName }) => setCookie(name, String(answer[localName]), lifetime, { publicUrl }))];
  };
}

/** Fields of an answer that are cookies too. Throws, at start-up, for a message that does not say how long they live. */
function cookieFields(message: DescMessage): { name: string; localName: string }[] {
  const fields = message.fields.filter((field) => hasOption(field, cookieOption));
  if (fields.length > 0 && !message.fields.some(({ name }) => name === 'expires_in'))
    throw new Error(`${message.typeName} sets a cookie but has no expires_in`);
  return fields.map((field) => ({ name: getOption(field, cookieOption), localName: field.localName }));
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
