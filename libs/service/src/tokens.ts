import type { DescService } from '@bufbuild/protobuf';

/** Injects the service's checked configuration. */
export const CONFIG = Symbol('tonegrid.config');

/** Injects the client of a peer: `@Inject(clientOf(CatalogService)) catalog: RpcClient<typeof CatalogService>`. */
export const clientOf = (service: DescService): string => `tonegrid.client.${service.typeName}`;
