// gRPC status numbers (google.rpc.Code).
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const ABORTED = 10;
const INTERNAL = 13;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

interface Line {
  /** HTTP status. */
  http: number;
  /** gRPC status. */
  grpc: number;
  /** The reference's exact text; words in braces are filled in. */
  message: string;
}

const refuse = (http: number, grpc: number, message: string): Line => ({ http, grpc, message });
const notFound = (message: string) => refuse(404, NOT_FOUND, message);
const conflict = (message: string) => refuse(409, FAILED_PRECONDITION, message);
const unprocessable = (message: string) => refuse(422, INVALID_ARGUMENT, message);

/**
 * Every reason for which a caller can be refused: stable code → HTTP status, gRPC status and exact text (reference,
 * Errors, Named error strings; REST surface, sections 1 and 2). Served at `GET /errors`.
 */
export const errorTable = {
  'request.malformed': refuse(400, INVALID_ARGUMENT, 'The request body is not well-formed.'),
  'request.invalid': refuse(400, INVALID_ARGUMENT, 'The request is not well-formed HTTP.'),
  'request.timeout': refuse(408, INVALID_ARGUMENT, 'The request was not received in time.'),
  'request.headers_too_large': refuse(431, INVALID_ARGUMENT, 'The request headers are too large.'),
  'request.unsupported_encoding': refuse(415, INVALID_ARGUMENT, 'Content-Encoding must be gzip or left out.'),
  'request.unsupported_media_type': refuse(415, INVALID_ARGUMENT, 'Content-Type must be {expected}.'),
  'request.too_large': refuse(413, RESOURCE_EXHAUSTED, 'The request body is larger than {limit} bytes.'),
  'request.not_acceptable': refuse(406, INVALID_ARGUMENT, 'The response is only available as {available}.'),
  'route.not_found': notFound('Endpoint not found.'),
  'validation.failed': unprocessable('Validation failed'),
  'auth.token_missing': refuse(401, UNAUTHENTICATED, 'Authentication token is missing.'),
  'auth.invalid_token': refuse(401, UNAUTHENTICATED, 'Invalid or expired token. Please log in again.'),
  'auth.invalid_api_key': refuse(401, UNAUTHENTICATED, 'Invalid, expired, or revoked API key.'),
  'auth.invalid_client': refuse(401, UNAUTHENTICATED, 'Client authentication failed.'),
  'auth.invalid_grant': refuse(400, INVALID_ARGUMENT, 'The refresh token is invalid, expired, or has been revoked.'),
  'auth.invalid_scope': refuse(400, INVALID_ARGUMENT, 'The requested scope exceeds what the client was granted: {scope}.'),
  'auth.unsupported_grant_type': refuse(400, INVALID_ARGUMENT, 'grant_type must be {expected}.'),
  'auth.scope_missing': refuse(403, PERMISSION_DENIED, "This token does not have the scope '{scope}'."),
  'tenant.not_found': notFound('Tenant not found.'),
  'tenant.not_descendant': refuse(403, PERMISSION_DENIED, 'Not a descendant of your tenant.'),
  'api_key.not_found': notFound('API key not found.'),
  'rate_limit.exceeded': refuse(429, RESOURCE_EXHAUSTED, 'Too many requests.'),
  'idempotency.key_too_long': refuse(400, INVALID_ARGUMENT, 'Idempotency-Key must be ≤255 chars.'),
  'idempotency.key_mismatch': unprocessable('Idempotency-Key reused with a different request body.'),
  'idempotency.in_progress': refuse(409, ABORTED, 'A request with this Idempotency-Key is still in progress.'),
  'cursor.invalid': refuse(400, INVALID_ARGUMENT, 'The cursor is not valid for this list.'),
  'release.not_found': notFound('Release not found.'),
  'release.upc_taken': refuse(409, ALREADY_EXISTS, 'Another release already has the UPC {upc}.'),
  'release.not_editable': conflict('Releases in status {status} cannot be changed.'),
  'release.field_locked': conflict('{field} can no longer be changed: the release is {status}.'),
  'release.not_deletable': conflict('Only draft or rejected releases can be deleted.'),
  'release.not_submittable': conflict('Only draft or rejected releases can be submitted.'),
  'release.not_reviewable': conflict('Only pending releases can be reviewed.'),
  'release.not_approved': conflict('The release must be approved before it can be delivered.'),
  'release.no_tracks': unprocessable('Please add at least one track before submitting.'),
  'release.no_stores': unprocessable('Please select at least one store before submitting.'),
  'release.no_release_date': unprocessable('Please set a release date before submitting.'),
  'release.no_artwork': unprocessable('Please upload cover art before submitting.'),
  'release.audio_missing': unprocessable('Please upload audio for every track before submitting.'),
  'release.tracks_locked': conflict('Tracks can only be added or removed while the release is in draft or rejected.'),
  'release.audio_processing': conflict('The audio of the release is still being checked: try again shortly.'),
  'identifier.exhausted': conflict('No {kind} is left to be assigned: send your own.'),
  'track.not_found': notFound('Track not found.'),
  'track.position_taken': unprocessable('Another track of the release already has this position.'),
  'artist.not_found': notFound('Artist not found.'),
  'artist.in_use': conflict('The artist is credited on a release or a track.'),
  'artwork.not_found': notFound('Artwork not found.'),
  'artwork.invalid': unprocessable('{reason}'),
  'artwork.animated_too_large': refuse(413, RESOURCE_EXHAUSTED, 'Animated artwork must be ≤50 MB.'),
  'audio.invalid': unprocessable('{reason}'),
  'dsp.not_found': notFound("DSP '{slug}' not found or inactive."),
  'dsp.not_attached': unprocessable("DSP '{slug}' is not attached to this release."),
  'dsp.none_attached': unprocessable('No DSPs attached to this release.'),
  'dsp.already_delivered': conflict("DSP '{slug}' already has this release: take it down instead."),
  'ingestion.job_not_found': notFound('Ingestion job not found.'),
  'ingestion.not_ern': unprocessable('File is not a recognisable DDEX ERN NewReleaseMessage.'),
  'ingestion.csv_header': unprocessable('CSV header must include `title` and `track_title`.'),
  'ingestion.bulk_too_large': refuse(413, RESOURCE_EXHAUSTED, 'Bulk batch limited to 200 releases.'),
  'ddex.invalid': unprocessable('The message has {count} error(s): see GET /releases/{release}/ddex/validate/{slug}.'),
  'ddex.schemas_missing': refuse(503, UNAVAILABLE, 'The DDEX schemas for ERN {version} are not installed.'),
  'delivery.not_found': notFound('Delivery not found.'),
  'delivery.blocked': conflict('Delivery to {dsp} is blocked via per-DSP override (is_blocked=true).'),
  'delivery.signature_invalid': refuse(401, UNAUTHENTICATED, 'The signature is missing, wrong or too old.'),
  'delivery.message_unknown': notFound('No message with this MessageId was sent to this DSP.'),
  'webhook.not_found': notFound('Webhook not found.'),
  'webhook.delivery_not_found': notFound('Webhook delivery not found.'),
  'webhook.limit_reached': conflict('Webhook subscription limit (25) reached.'),
  'webhook.unknown_events': unprocessable('Unknown event pattern(s): {patterns}.'),
  'webhook.url_refused': unprocessable('The URL {reason}.'),
  'webhook.test_not_subscribed': unprocessable('Add webhook.test (or *) to the events of this webhook to receive tests.'),
  'finance.period_exists': refuse(409, ALREADY_EXISTS, 'Period code already exists.'),
  'finance.statement_not_draft': conflict('Only draft statements can be approved.'),
  'service.unavailable': refuse(503, UNAVAILABLE, 'Service temporarily unavailable.'),
  'internal.error': refuse(500, INTERNAL, 'Internal server error.'),
} as const satisfies Record<string, Line>;

/** A key of the error table. */
export type ErrorCode = keyof typeof errorTable;

/** Whether a text is a code of the table. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code);
