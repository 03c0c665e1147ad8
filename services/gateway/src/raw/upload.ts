import type { DescMessage, DescMethod, DescService, MessageInitShape } from '@bufbuild/protobuf';
import { toBinary, create } from '@bufbuild/protobuf';
import type { Caller, RpcClient } from '@tonegrid/rpc';
import { acceptBody } from '../http/accept-body';
import { within } from '../http/call';
import { callerOf } from '../http/caller-of';
import { honoursKeys, idempotencyKey, streamIdempotencyOf } from '../http/idempotency-key';
import { queryOf, sendJson, type Serve } from '../http/serve-json';
import { checkPath } from '../contract/read-request';
import type { ContractRoute } from '../contract/routes';
import type { Settings } from '../settings';
import { openUpload, type FilePart } from './multipart';

const defaultMaxBytes = 52_428_800;

type StreamCall = (caller: Caller, requests: AsyncIterable<MessageInitShape<DescMessage>>) => Promise<MessageInitShape<DescMessage>>;

/** Serves a multipart upload: the file goes to the service in parts as it arrives, and nothing of it is kept here. */
export function serveUpload(route: ContractRoute, client: RpcClient<DescService>, settings: Settings): Serve {
  const { method, access } = route;
  assertUploadMessage(method);
  const send = sendJson(route, settings);
  const bounds = { field: access.uploadField, maxBytes: Number(access.maxBodyBytes) || defaultMaxBytes, stallMs: settings.UPLOAD_STALL_MS };
  const keyed = honoursKeys(route);
  const stream = (client as unknown as Record<string, StreamCall>)[method.localName]!;

  return async (request, reply) => {
    const path = request.params as Record<string, string>;
    checkPath(route, path);
    const key = keyed ? idempotencyKey(request.headers['idempotency-key']) : undefined;
    acceptBody(request.raw, reply.raw);
    const file = await openUpload(request.raw, bounds);
    const idempotency =
      key === undefined
        ? undefined
        : streamIdempotencyOf(key, route, { path, query: queryOf(request) }, { field: bounds.field, name: file.name, type: file.type });
    const answer = await within(request.call, () => stream(callerOf(request, idempotency), parts(path, file)));
    return send(request, reply, Buffer.from(toBinary(method.output, create(method.output, answer))));
  };
}

async function* parts(path: Readonly<Record<string, string>>, file: FilePart): AsyncGenerator<MessageInitShape<DescMessage>> {
  yield { part: { case: 'start', value: { ...path, fileName: file.name, contentType: file.type } } };
  for await (const chunk of file.chunks) yield { part: { case: 'chunk', value: chunk } };
}

function assertUploadMessage(method: DescMethod): void {
  const names = method.input.oneofs.find(({ name }) => name === 'part')?.fields.map(({ name }) => name) ?? [];
  if (!names.includes('start') || !names.includes('chunk'))
    throw new Error(`${method.toString()}: an upload's message is a oneof part of start and chunk`);
}
