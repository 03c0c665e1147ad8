import { create, type DescService } from '@bufbuild/protobuf';
import { invalid, Refused } from '@tonegrid/errors';
import { checkRules, ruleMessage, type RpcClient } from '@tonegrid/rpc';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptBody } from '../http/accept-body';
import { within } from '../http/call';
import { callerOf } from '../http/caller-of';
import { honoursKeys, idempotencyKey, idempotencyOf } from '../http/idempotency-key';
import { readBody } from '../http/read-body';
import { queryOf, sendJson, type Serve } from '../http/serve-json';
import { compileQuery, type Query } from '../contract/from-query';
import { Problems } from '../contract/problems';
import { checkPath } from '../contract/read-request';
import type { ContractRoute } from '../contract/routes';
import type { Settings } from '../settings';
import { openUpload } from './multipart';

const defaultMaxBytes = 20_971_520;

/** Fields of a request of TRANSPORT_XML that the body fills. */
export const documentFields: ReadonlySet<string> = new Set(['document', 'file_name']);

/** Whether a Content-Type is XML (RFC 7303). Its charset is not looked at: the document says its own encoding. */
export const isXml = (contentType: string | undefined): boolean =>
  /^(application|text)\/([a-z0-9.!#$&^_-]+\+)?xml$/i.test((contentType ?? '').split(';', 1)[0]!.trim());

/**
 * Serves a route that takes an XML document: as the body itself, gzip allowed, or as the file part of a form. It reaches the service
 * byte for byte; other fields of the request come from path and query.
 */
export function serveXml(route: ContractRoute, client: RpcClient<DescService>, settings: Settings): Serve {
  const { method, access, parameters } = route;
  for (const name of documentFields)
    if (!method.input.fields.some((field) => field.name === name))
      throw new Error(`${method.toString()}: a request that is XML has document and file_name`);
  const field = access.uploadField;
  if (field === '') throw new Error(`${method.toString()}: does not name the field of its upload`);
  const maxBytes = Number(access.maxBodyBytes) || defaultMaxBytes;
  const fillQuery = compileQuery(method.input, new Set([...parameters.map(({ name }) => name), ...documentFields]));
  const keyed = honoursKeys(route);
  const send = sendJson(route, settings);

  const read = async (request: FastifyRequest, reply: FastifyReply): Promise<{ document: Buffer; fileName: string }> => {
    if (isXml(request.headers['content-type'])) {
      const document = await readBody(request.raw, reply.raw, { maxBytes, timeoutMs: settings.BODY_TIMEOUT_MS });
      return { document, fileName: '' };
    }
    if (!/^multipart\/form-data\s*;/i.test(request.headers['content-type'] ?? ''))
      throw new Refused('request.unsupported_media_type', { params: { expected: 'application/xml or multipart/form-data' } });
    acceptBody(request.raw, reply.raw);
    const file = await openUpload(request.raw, { field, maxBytes, stallMs: settings.UPLOAD_STALL_MS });
    const chunks: Buffer[] = [];
    for await (const chunk of file.chunks) chunks.push(chunk);
    return { document: Buffer.concat(chunks), fileName: file.name };
  };

  return async (request, reply) => {
    const path = request.params as Record<string, string>;
    checkPath(route, path);
    const key = keyed ? idempotencyKey(request.headers['idempotency-key']) : undefined;
    const message = create(method.input);
    const values = message as unknown as Record<string, unknown>;
    for (const { name, localName } of parameters) values[localName] = path[name];
    const problems = new Problems();
    fillQuery(message, request.query as Query, problems);
    const { document, fileName } = await read(request, reply);
    if (document.length === 0) throw invalid({ [field]: [ruleMessage('required', field)] });
    Object.assign(values, { document, fileName });
    problems.merge(checkRules(method.input, message));
    const errors = problems.errors();
    if (errors) throw invalid(errors);
    const idempotency = key === undefined ? undefined : idempotencyOf(key, route, { path, query: queryOf(request) }, document);
    return send(request, reply, await within(request.call, () => client.unary(method, callerOf(request, idempotency), message)));
  };
}
