import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { ErrorDetailSchema, type ErrorDetail } from '@tonegrid/contracts';
import { errorTable, isErrorCode, Refused } from '@tonegrid/errors';

const detailKey = 'tonegrid-error-bin';

/** A refusal as the message that tells of it. */
export const errorDetail = (refused: Refused): ErrorDetail =>
  create(ErrorDetailSchema, {
    code: refused.code,
    message: refused.message,
    fields: Object.entries(refused.fields ?? {}).map(([field, messages]) => ({ field, messages })),
    retryAfterSeconds: refused.retryAfterSeconds ?? 0,
  });

/** Why a call has no response: a gRPC status, and the refusal that it tells of. */
export interface Failure {
  code: status;
  details: string;
  refusal?: ErrorDetail;
}

export const failureFrom = (refused: Refused): Failure => ({
  code: errorTable[refused.code].grpc,
  details: refused.code,
  refusal: errorDetail(refused),
});

/** A failure as grpc-js sends it, the refusal in the trailers. */
export function toServiceError({ code, details, refusal }: Failure): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata();
  if (refusal) metadata.set(detailKey, Buffer.from(toBinary(ErrorDetailSchema, refusal)));
  return { code, details, metadata };
}

/** What came of a carried call in place of a response: a gRPC status, and the refusal that it tells of. */
export class CallFailed extends Error {
  constructor(
    readonly code: status,
    readonly details: string,
    readonly refusal?: ErrorDetail,
  ) {
    super(`${code} ${status[code]}: ${details}`);
  }
}

/**
 * A gRPC status as the refusal that it tells of. Without a detail: a peer that is away, too slow or does not know us is
 * `service.unavailable` with the status as its cause; anything else stays the error that it is.
 */
export function fromServiceError(error: ServiceError | CallFailed): Error {
  const detail = error instanceof CallFailed ? error.refusal : inTrailers(error);
  if (detail && isErrorCode(detail.code)) {
    const fields = detail.fields.length > 0 ? Object.fromEntries(detail.fields.map((f) => [f.field, f.messages])) : undefined;
    return Refused.restore(detail.code, detail.message, fields, detail.retryAfterSeconds || undefined);
  }
  if (!notThere.has(error.code)) return error;
  const refused = new Refused('service.unavailable', { retryAfterSeconds: 1 });
  refused.cause = error;
  return refused;
}

function inTrailers(error: ServiceError): ErrorDetail | undefined {
  const bytes = error.metadata?.get(detailKey)[0];
  return Buffer.isBuffer(bytes) ? fromBinary(ErrorDetailSchema, bytes) : undefined;
}

// UNAUTHENTICATED comes from the server itself, see `Stranger`: while the internal token is changed, old and new processes refuse
// each other. That says nothing of the caller's own credentials.
const notThere = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED, status.UNAUTHENTICATED]);
