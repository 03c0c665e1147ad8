import type { DescService } from '@bufbuild/protobuf';
import { Transport } from '@tonegrid/contracts';
import type { RpcClient } from '@tonegrid/rpc';
import type { FastifyInstance } from 'fastify';
import type { AuditImpersonation } from '../auth/audit-impersonation';
import type { Credentials } from '../auth/credentials';
import { contractRoutes, type ContractRoute } from '../contract/routes';
import type { RateLimits } from '../limits/rate-limits';
import { serveFile } from '../raw/file';
import { serveSignedBody } from '../raw/signed-body';
import { serveUpload } from '../raw/upload';
import { serveXml } from '../raw/xml';
import type { Settings } from '../settings';
import { admission } from './admit';
import { within } from './call';
import type { KeyOwners } from './key-owners';
import { serveJson, type Serve } from './serve-json';

/** The services behind the gateway: descriptor and client by name. */
export type Backends = Readonly<Record<string, { service: DescService; client: RpcClient<DescService> }>>;

/** What routes are served with. */
export interface ContractServing {
  backends: Backends;
  credentials: Credentials;
  limits: RateLimits;
  keys: KeyOwners;
  settings: Settings;
  /** Our own origin and those of CORS_ORIGINS. */
  origins: ReadonlySet<string>;
  audit: AuditImpersonation;
}

/** Registers every endpoint of the contract. Throws when one of them cannot be served as the contract says. */
export function serveContract(
  app: FastifyInstance,
  { backends, credentials, limits, keys, settings, origins, audit }: ContractServing,
): ContractRoute[] {
  const routes = contractRoutes(Object.fromEntries(Object.entries(backends).map(([name, { service }]) => [name, service])));
  for (const route of routes) {
    const { client } = backends[route.service]!;
    const serve = servingOf(route, client, settings);
    app.route({
      method: route.verb === 'GET' ? ['GET', 'HEAD'] : route.verb,
      url: `${settings.BASE_PATH}${route.path}`,
      config: { template: route.template, oauth: route.access.oauth },
      onRequest: admission(route, { credentials, limits, origins, audit }),
      ...keys.hooksOf(route),
      handler: (request, reply) => within(request.call, () => serve(request, reply)),
    });
  }
  return routes;
}

function servingOf(route: ContractRoute, client: RpcClient<DescService>, settings: Settings): Serve {
  switch (route.access.transport) {
    case Transport.MULTIPART:
      return serveUpload(route, client, settings);
    case Transport.FILE:
      return serveFile(route, client);
    case Transport.SIGNED_BODY:
      return serveSignedBody(route, client, settings);
    case Transport.XML:
      return serveXml(route, client, settings);
    case Transport.UNSPECIFIED:
      return serveJson(route, client, settings);
  }
}
