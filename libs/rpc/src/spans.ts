import type { Attributes } from '@opentelemetry/api';

/** `package.Service/Method`, as OpenTelemetry's semantic conventions for RPC name the span of a call; from `/package.Service/Method`. */
export const spanName = (path: string): string => path.slice(1);

/** The attributes that those conventions ask for. */
export function rpcAttributes(path: string): Attributes {
  const [service, method] = path.slice(1).split('/');
  return { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
}
