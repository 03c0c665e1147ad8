import { fromBinary, type DescService } from '@bufbuild/protobuf';
import type { RpcClient } from '@tonegrid/rpc';
import { within } from '../http/call';
import { callerOf } from '../http/caller-of';
import type { Serve } from '../http/serve-json';
import { compileRequest } from '../contract/read-request';
import type { Query } from '../contract/from-query';
import type { ContractRoute } from '../contract/routes';

/** What a response message of TRANSPORT_FILE has. */
interface FileMessage {
  content: Uint8Array;
  contentType: string;
  fileName: string;
}

const year = 31_536_000;

/**
 * Serves a file: pictures in place, all else as an attachment under its name. A public file is named by a key that cannot be
 * guessed and never changes what it names, so it may be kept.
 */
export function serveFile(route: ContractRoute, client: RpcClient<DescService>): Serve {
  for (const name of ['content', 'contentType', 'fileName'])
    if (!route.method.output.fields.some((field) => field.localName === name))
      throw new Error(`${route.method.toString()}: a file answer has content, content_type and file_name`);
  const readRequest = compileRequest(route);
  const isPublic = route.access.who.case === 'public';
  return async (request, reply) => {
    const message = readRequest({ path: request.params as Record<string, string>, query: request.query as Query, body: undefined });
    const bytes = await within(request.call, () => client.unary(route.method, callerOf(request), message));
    const file = fromBinary(route.method.output, bytes) as unknown as FileMessage;
    return reply
      .code(route.success)
      .headers({
        'content-type': file.contentType,
        'content-disposition': `${file.contentType.startsWith('image/') ? 'inline' : 'attachment'}; filename="${safeName(file.fileName)}"`,
        ...(isPublic && { 'cache-control': `public, max-age=${year}, immutable`, 'cross-origin-resource-policy': 'cross-origin' }),
      })
      .send(Buffer.from(file.content.buffer, file.content.byteOffset, file.content.byteLength));
  };
}

/** A name that needs no quoting in a header. */
const safeName = (name: string): string => name.replace(/[^A-Za-z0-9._-]/g, '_');
