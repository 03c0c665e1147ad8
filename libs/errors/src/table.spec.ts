import { errorTable, isErrorCode, type ErrorCode } from './table';

// Reference, Errors, "Named error strings": the text to the letter and its status. What the reference puts in braces is called as we
// call it; the statuses of contradictions are those that the REST surface settles.
const named: [string, number][] = [
  ['Authentication token is missing.', 401],
  ['Invalid or expired token. Please log in again.', 401],
  ['Invalid, expired, or revoked API key.', 401],
  ['Tenant not found.', 404],
  ['Validation failed', 422],
  ['Idempotency-Key reused with a different request body.', 422],
  ['Idempotency-Key must be ≤255 chars.', 400],
  ['Endpoint not found.', 404],
  ['Release not found.', 404],
  ['Only draft or rejected releases can be submitted.', 409],
  ['Please add at least one track before submitting.', 422],
  ['Please select at least one store before submitting.', 422],
  ['Please set a release date before submitting.', 422],
  ['Only draft or rejected releases can be deleted.', 409],
  ['Delivery to {dsp} is blocked via per-DSP override (is_blocked=true).', 409],
  ["DSP '{slug}' is not attached to this release.", 422],
  ['No DSPs attached to this release.', 422],
  ["DSP '{slug}' not found or inactive.", 404],
  ['Webhook subscription limit (25) reached.', 409],
  ['Unknown event pattern(s): {patterns}.', 422],
  ['File is not a recognisable DDEX ERN NewReleaseMessage.', 422],
  ['CSV header must include `title` and `track_title`.', 422],
  ['Bulk batch limited to 200 releases.', 413],
  ['Animated artwork must be ≤50 MB.', 413],
  ['Period code already exists.', 409],
  ['Only draft statements can be approved.', 409],
  ['Not a descendant of your tenant.', 403],
  ['Service temporarily unavailable.', 503],
];
// REST surface, sections 1 and 2: codes that integrators are told of by name.
const promised: [ErrorCode, number][] = [
  ['release.not_approved', 409],
  ['idempotency.key_mismatch', 422],
  ['idempotency.in_progress', 409],
];
const lines = Object.entries(errorTable) as [ErrorCode, (typeof errorTable)[ErrorCode]][];

test.each(named)('"%s" is in the table once, with status %i', (text, status) => {
  expect(lines.filter(([, { message }]) => message === text).map(([, { http }]) => http)).toEqual([status]);
});

test.each(promised)('%s is answered with %i', (code, status) => expect(errorTable[code].http).toBe(status));

test('every text but a bare {reason} belongs to one code, so that either tells which it is', () => {
  const texts = lines.map(([, { message }]) => message).filter((text) => text !== '{reason}');
  expect(texts.filter((text, place) => texts.indexOf(text) !== place)).toEqual([]);
});

test('codes are two words of lower case with a dot between, and texts are sentences', () => {
  for (const [code, { message }] of lines) {
    expect(code).toMatch(/^[a-z][a-z_]*\.[a-z][a-z_]*$/);
    // The reference writes this one without a full stop.
    if (code !== 'validation.failed' && message !== '{reason}')
      expect([code, message]).toEqual([code, expect.stringMatching(/^[A-Za-z{].*\.$/)]);
  }
});

// google.rpc.Code, "HTTP Mapping": what a status may be translated to; 13 also says which codes are not the caller's fault.
const grpcOf: Record<number, number[]> = {
  400: [3],
  401: [16],
  403: [7],
  404: [5],
  406: [3],
  408: [3],
  409: [6, 9, 10],
  413: [8],
  415: [3],
  422: [3],
  429: [8],
  431: [3],
  500: [13],
  503: [14],
};

test.each(lines)('%s has a gRPC status that fits its HTTP status', (_code, { http, grpc }) => expect(grpcOf[http]).toContain(grpc));

test('a refusal is tried again by the platform itself only where nothing was done: 14, UNAVAILABLE, is 503 and nothing else', () => {
  for (const [code, { http, grpc }] of lines) expect([code, grpc === 14]).toEqual([code, http === 503]);
});

test.each(['release.not_found', 'internal.error'])('%s is a code', (code) => expect(isErrorCode(code)).toBe(true));

test.each(['', 'release', 'release.not_found ', 'toString', '__proto__', 'constructor', 'hasOwnProperty'])('"%s" is no code', (code) =>
  expect(isErrorCode(code)).toBe(false),
);
