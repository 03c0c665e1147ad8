import { RateClass, Transport } from '@tonegrid/contracts';
import { errorTable, isErrorCode, type ErrorCode } from '@tonegrid/errors';
import { honoursKeys } from '../http/idempotency-key';
import type { ContractRoute } from '../contract/routes';
import type { Schema } from './schemas';

/** Every code that an endpoint may answer: its own, and those that its access, body and key bring with them. */
export function errorCodesOf(route: ContractRoute, hasInput: boolean): ErrorCode[] {
  const { access } = route;
  const codes = new Set<ErrorCode>();
  const add = (...more: ErrorCode[]) => more.forEach((code) => codes.add(code));
  if (access.who.case !== 'public') add('auth.token_missing', 'auth.invalid_token', 'auth.invalid_api_key', 'auth.address_not_allowed');
  if (access.who.case !== 'public' && route.verb !== 'GET') add('auth.cross_site');
  if (access.oauth) add('auth.invalid_request');
  if (access.who.case === 'scope') add('auth.scope_missing');
  if (access.rate !== RateClass.NONE) add('rate_limit.exceeded');
  if (hasInput || route.body) add('validation.failed');
  if (route.verb !== 'GET' && route.body)
    add('request.malformed', 'request.too_large', 'request.unsupported_media_type', 'request.unsupported_encoding', 'request.timeout');
  if (honoursKeys(route)) add('idempotency.key_too_long', 'idempotency.key_mismatch', 'idempotency.in_progress');
  if (isErrorCode(access.notFound)) add(access.notFound);
  access.errors.forEach((code) => isErrorCode(code) && add(code));
  if (access.transport === Transport.SIGNED_BODY) codes.delete('validation.failed');
  add('service.unavailable', 'internal.error');
  return [...codes];
}

/** Codes that many endpoints share: their responses stand once in the document. */
const shared = /^(auth|request|rate_limit|idempotency|validation|service|internal)\./;

/**
 * The responses of an endpoint's errors, by status, with an example of each code.
 * @param components where responses are put that many endpoints share
 * @param oauth in the shape of RFC 6749, 5.2, where a 422 is a 400
 */
export function errorResponses(codes: readonly ErrorCode[], components: Record<string, Schema>, oauth = false): Record<string, Schema> {
  const byStatus = new Map<number, ErrorCode[]>();
  const statusOf = (code: ErrorCode) => (oauth && errorTable[code].http === 422 ? 400 : errorTable[code].http);
  for (const code of codes) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, each]) => {
        if (oauth) return [String(status), oauthResponse(errorResponse(status, each))];
        if (!each.every((code) => shared.test(code))) return [String(status), errorResponse(status, each)];
        const name = `${status}.${each.map((code) => code.split('.')[1]).join('-')}`;
        components[name] ??= errorResponse(status, each);
        return [String(status), { $ref: `#/components/responses/${name}` }];
      }),
  );
}

function errorResponse(status: number, codes: readonly ErrorCode[]): Schema {
  return {
    description: codes.map((code) => `\`${code}\`: ${errorTable[code].message}`).join('  \n'),
    headers: {
      'X-Request-Id': { $ref: '#/components/headers/RequestId' },
      ...(codes.some((code) => retryLater.has(code)) && { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }),
      ...(status === 401 && { 'WWW-Authenticate': { $ref: '#/components/headers/Challenge' } }),
      ...(codes.includes('rate_limit.exceeded') && rateLimitHeaders),
    },
    content: {
      'application/json': {
        schema: { $ref: `#/components/schemas/${status === 422 ? 'ValidationError' : 'Error'}` },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

/** The same response in the words of RFC 6749. */
const oauthResponse = (response: Schema): Schema => ({
  ...response,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/OAuthError' } } },
});

const retryLater = new Set<ErrorCode>([
  'rate_limit.exceeded',
  'idempotency.in_progress',
  'release.audio_processing',
  'service.unavailable',
]);

/** Headers of every counted response. */
export const rateLimitHeaders = {
  'X-RateLimit-Limit': { $ref: '#/components/headers/RateLimitLimit' },
  'X-RateLimit-Remaining': { $ref: '#/components/headers/RateLimitRemaining' },
  'X-RateLimit-Reset': { $ref: '#/components/headers/RateLimitReset' },
  RateLimit: { $ref: '#/components/headers/RateLimit' },
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
};

function exampleOf(code: ErrorCode): Record<string, unknown> {
  const body = { success: false, error: errorTable[code].message, code, request_id: '7f6c2b0e-6a55-4a7e-9d0e-2f6a3a5b9c11' };
  const message = 'The title field is required.';
  return code === 'validation.failed' ? { ...body, errors: { title: [message] }, fields: { title: message } } : body;
}

const fieldMap = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });

/** An example of every code. */
export const errorExamples = (): Record<string, Schema> =>
  Object.fromEntries((Object.keys(errorTable) as ErrorCode[]).sort().map((code) => [code, { value: exampleOf(code) }]));

/** The schemas of errors, and the catalogue of codes. */
export function errorSchemas(): Record<string, Schema> {
  const codes = (Object.keys(errorTable) as ErrorCode[]).sort();
  const error: Schema = {
    type: 'object',
    description: 'What every refusal says.',
    required: ['success', 'error', 'code', 'request_id'],
    properties: {
      success: { const: false },
      error: { type: 'string', description: 'The exact text; for people.' },
      code: { $ref: '#/components/schemas/ErrorCode' },
      request_id: { type: 'string', description: 'As in `X-Request-Id`; quote it when you report a problem.' },
    },
  };
  return {
    ErrorCode: {
      type: 'string',
      description: `Stable, machine-readable reason; also at \`GET /errors\`. Words in braces are filled in.\n\n| code | status | text |\n|---|---|---|\n${codes
        .map((code) => `| \`${code}\` | ${errorTable[code].http} | ${errorTable[code].message.replace(/\|/g, '\\|')} |`)
        .join('\n')}`,
      enum: codes,
    },
    Error: error,
    OAuthError: {
      type: 'object',
      description: 'What an OAuth client is told (RFC 6749, 5.2); our own words stand beside.',
      required: ['error', 'error_description', 'success', 'code', 'request_id'],
      properties: {
        error: { type: 'string', examples: ['invalid_client'], description: 'A word of RFC 6749.' },
        error_description: { type: 'string', description: 'The exact text; for people.' },
        success: { const: false },
        code: { $ref: '#/components/schemas/ErrorCode' },
        request_id: { type: 'string' },
        errors: { ...fieldMap({ type: 'array', items: { type: 'string' } }), description: 'There when it is about fields.' },
      },
    },
    ValidationError: {
      description: 'A 422; `errors` and `fields` are there when it is about fields.',
      allOf: [
        { $ref: '#/components/schemas/Error' },
        {
          type: 'object',
          properties: {
            errors: {
              ...fieldMap({ type: 'array', items: { type: 'string' } }),
              description: 'Field path (`tracks.1.isrc`) to all that is wrong with it.',
            },
            fields: { ...fieldMap({ type: 'string' }), description: 'Field path to the first thing that is wrong with it.' },
          },
        },
      ],
    },
  };
}
