import type { DescService } from '@bufbuild/protobuf';

/** Injects the service's checked configuration. */
export const CONFIG = Symbol('tonegrid.config');

/**
 * Injects an `AbortSignal` that is aborted when the process is asked to stop: from then on nothing new may be begun that no caller waits
 * for. Nest's shutdown hooks come later, when the calls under way have been answered.
 */
export const STOPPING = Symbol('tonegrid.stopping');

/** Injects the client of a peer: `@Inject(clientOf(CatalogService)) catalog: RpcClient<typeof CatalogService>`. */
export const clientOf = (service: DescService): string => `tonegrid.client.${service.typeName}`;
