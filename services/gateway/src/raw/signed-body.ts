import { create, type DescService, type MessageInitShape } from '@bufbuild/protobuf';
import type { RpcClient } from '@tonegrid/rpc';
import { within } from '../http/call';
import { callerOf } from '../http/caller-of';
import { readBody } from '../http/read-body';
import { sendJson, type Serve } from '../http/serve-json';
import type { ContractRoute } from '../contract/routes';
import type { Settings } from '../settings';

const mostBytes = 65_536;
/** Credentials of ours and what belongs to the connection only. */
const withheld = new Set([
  'authorization',
  'cookie',
  'connection',
  'keep-alive',
  'proxy-authorization',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
]);

/** Serves a route whose body is signed: it reaches the service byte for byte, with the headers in lower case. */
export function serveSignedBody(route: ContractRoute, client: RpcClient<DescService>, settings: Settings): Serve {
  for (const name of ['body', 'headers'])
    if (!route.method.input.fields.some((field) => field.name === name))
      throw new Error(`${route.method.toString()}: a signed request has body and headers`);
  const send = sendJson(route, settings);
  const bounds = { maxBytes: Number(route.access.maxBodyBytes) || mostBytes, timeoutMs: settings.BODY_TIMEOUT_MS, verbatim: true };
  return async (request, reply) => {
    const path = request.params as Record<string, string>;
    const body = await readBody(request.raw, reply.raw, bounds);
    const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
      value === undefined || withheld.has(name) ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    );
    const fields = {
      ...Object.fromEntries(route.parameters.map(({ name, localName }) => [localName, path[name]])),
      body: new Uint8Array(body),
      headers: Object.fromEntries(headers),
    };
    const message = create(route.method.input, fields as MessageInitShape<typeof route.method.input>);
    return send(request, reply, await within(request.call, () => client.unary(route.method, callerOf(request), message)));
  };
}
