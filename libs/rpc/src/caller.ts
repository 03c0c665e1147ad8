import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CallerSchema, Caller as CallerMessage } from '@tonegrid/contracts';

/** An Idempotency-Key and what it was sent with. */
export interface Idempotency {
  /** The header's value, at most 255 characters. */
  key: string;
  /** Method and route pattern, `POST /releases`. */
  route: string;
  /** SHA-256 of the canonical bytes of the request, hexadecimal. */
  bodyHash: string;
}

/** Who is calling a use case, and within what bounds. */
export interface Caller {
  /** Tenant on whose data the call works; row-level security is set from it. */
  tenantUuid: string;
  tenantName: string;
  /** platform, enterprise, client or artist. */
  tenantRole: string;
  /** `api_key:<uuid>`, `oauth_client:<uuid>`, `user:<uuid>` or `system:<service>`. */
  subject: string;
  scopes: readonly string[];
  /** X-Request-Id of the HTTP request that it began with. */
  requestId: string;
  /** auto: submitting approves at once. */
  reviewPolicy: 'auto' | 'manual';
  /** BCP-47 language of validation messages. */
  locale: string;
  /** Tenant that acts as `tenantUuid` by an impersonation token; empty, or left out, without one. */
  onBehalfOf?: string;
  /** `jti` of the access token that the request came with; empty, or left out, for an API key and for the platform itself. */
  tokenId?: string;
  /** Address from which the request came; empty, or left out, for the platform itself. */
  clientAddress?: string;
  idempotency?: Idempotency;
  /** When the caller stops waiting. */
  deadline?: Date;
  /** Aborted when the caller has gone. */
  signal?: AbortSignal;
  /** What the answer says beside its message; filled while the call runs. */
  answer: { replayed: boolean };
}

/** A caller as it came along with a call. */
export const callerFromProto = (message: CallerMessage): Caller => ({
  tenantUuid: message.tenantUuid,
  tenantName: message.tenantName,
  tenantRole: message.tenantRole,
  subject: message.subject,
  scopes: message.scopes,
  requestId: message.requestId,
  reviewPolicy: message.reviewPolicy === 'auto' ? 'auto' : 'manual',
  locale: message.locale || 'en',
  onBehalfOf: message.onBehalfOf,
  tokenId: message.tokenId,
  clientAddress: message.clientAddress,
  idempotency: message.idempotency && {
    key: message.idempotency.key,
    route: message.idempotency.route,
    bodyHash: message.idempotency.bodyHash,
  },
  answer: { replayed: false },
});

/** A caller as it goes along with a call: it has the fields of its message, and what else it has is not written. */
export const callerFields = (caller: Caller): MessageInitShape<typeof CallerSchema> =>
  caller as Omit<Caller, 'scopes'> & { scopes: string[] };

/**
 * The platform itself, at work on one tenant's data: workers and event handlers.
 * @param service name of the calling service, `delivery`
 * @param tenantUuid tenant whose data it works on
 * @param requestId to find it in the logs; the id of the event or job
 */
export const systemCaller = (service: string, tenantUuid: string, requestId: string): Caller => ({
  tenantUuid,
  tenantName: '',
  tenantRole: 'platform',
  subject: `system:${service}`,
  scopes: [],
  requestId,
  reviewPolicy: 'manual',
  locale: 'en',
  answer: { replayed: false },
});
