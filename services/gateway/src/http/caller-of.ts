import type { Caller, Idempotency } from '@tonegrid/rpc';
import type { FastifyRequest } from 'fastify';

/** The caller that a service is told of: who was authenticated, or nobody on a public route. */
export function callerOf(request: FastifyRequest, idempotency?: Idempotency): Caller {
  const known = request.call.authenticated?.caller ?? nobody;
  return (request.call.caller = {
    tenantUuid: known.tenantUuid,
    tenantName: known.tenantName,
    tenantRole: known.tenantRole,
    subject: known.subject,
    scopes: known.scopes,
    requestId: request.id,
    reviewPolicy: known.reviewPolicy,
    locale: known.locale,
    onBehalfOf: known.onBehalfOf,
    tokenId: known.tokenId,
    clientAddress: request.ip,
    idempotency,
    answer: { replayed: false },
  });
}

const nobody: Omit<Caller, 'requestId' | 'answer'> = {
  tenantUuid: '',
  tenantName: '',
  tenantRole: '',
  subject: 'anonymous',
  scopes: [],
  reviewPolicy: 'manual',
  locale: 'en',
};
