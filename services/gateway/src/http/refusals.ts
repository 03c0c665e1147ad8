import { Refused, type ErrorCode } from '@tonegrid/errors';
import { logger } from '@tonegrid/rpc';
import { WireError } from '../contract/wire';
import { ClientGone } from './client-gone';

/** An error as it is answered. */
export interface RefusalAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The JSON of a refusal, as the reference shows it (REST surface, section 1). */
export function refusalBody(refused: Refused, requestId: string): string {
  const { message, code, fields = {} } = refused;
  const body: Record<string, unknown> = { success: false, error: message, code, request_id: requestId };
  if (refused.status === 422) {
    body['errors'] = fields;
    body['fields'] = Object.fromEntries(Object.entries(fields).map(([field, messages]) => [field, messages[0] ?? message]));
  }
  return JSON.stringify(body);
}

/** Codes of ours as those that RFC 6749, 5.2 (and 4.1.2.1 for what is not the client's fault) knows. */
const oauthErrors: Partial<Record<ErrorCode, string>> = {
  'auth.invalid_client': 'invalid_client',
  'auth.invalid_grant': 'invalid_grant',
  'auth.invalid_scope': 'invalid_scope',
  'auth.unsupported_grant_type': 'unsupported_grant_type',
  'rate_limit.exceeded': 'temporarily_unavailable',
  'service.unavailable': 'temporarily_unavailable',
  'internal.error': 'server_error',
};

/**
 * A refusal as an OAuth client expects it (RFC 6749, 5.2): `error` is one of its words, `error_description` the text for people; ours
 * stand beside them. A request that is wrong in its fields is a 400 there.
 */
function oauthAnswer(refused: Refused, requestId: string): { status: number; body: string } {
  const { message, code, fields } = refused;
  const told = fields ? Object.values(fields).flat().join(' ') : message;
  const body = {
    error: oauthErrors[code] ?? 'invalid_request',
    // Only these characters may stand in it.
    error_description: told.replace(/"/g, "'").replace(/[^\x20-\x7e]|\\/g, '?'),
    success: false,
    code,
    request_id: requestId,
    ...(fields && { errors: fields }),
  };
  return { status: refused.status === 422 ? 400 : refused.status, body: JSON.stringify(body) };
}

/** What is wrong with the token that a request came with is no matter of the OAuth request in its body (RFC 6750, 3). */
const ofTheToken: ReadonlySet<ErrorCode> = new Set(['auth.token_missing', 'auth.invalid_token', 'auth.invalid_api_key']);

/**
 * What is answered for an error; what is not a refusal is logged whole and told as an internal error.
 * @param isOauth in the shape of RFC 6749
 */
export function refusalAnswer(error: unknown, requestId: string, route: string, isOauth = false): RefusalAnswer {
  const refused = asRefused(error, requestId, route);
  const oauth = isOauth && !ofTheToken.has(refused.code);
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  if (refused.retryAfterSeconds !== undefined) headers['retry-after'] = String(refused.retryAfterSeconds);
  if (oauth) headers['pragma'] = 'no-cache'; // RFC 6749, 5.1, for what still speaks HTTP/1.0
  const challenge = oauth ? basicChallengeOf(refused) : challengeOf(refused);
  if (challenge) headers['www-authenticate'] = challenge;
  return { headers, ...(oauth ? oauthAnswer(refused, requestId) : { status: refused.status, body: refusalBody(refused, requestId) }) };
}

function asRefused(error: unknown, requestId: string, route: string): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof ClientGone) return new Refused('request.invalid');
  const framework = frameworkRefusal(error);
  if (framework) return framework;
  const what = error instanceof WireError ? 'an answer does not fit its contract' : 'unexpected error';
  logger.error({ err: error, request_id: requestId, route }, what);
  return new Refused('internal.error');
}

/** What Fastify itself refuses, in our words. */
function frameworkRefusal(error: unknown): Refused | undefined {
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (!code?.startsWith('FST_ERR_')) return undefined;
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH') return new Refused('route.not_found');
  if (statusCode === 415) return new Refused('request.unsupported_media_type', { params: { expected: 'application/json' } });
  return statusCode !== undefined && statusCode < 500 ? new Refused('request.invalid') : undefined;
}

/** RFC 6749, 5.2: a client that is not known may try by HTTP Basic. */
const basicChallengeOf = (refused: Refused): string | undefined => (refused.status === 401 ? 'Basic realm="tonegrid"' : undefined);

/** RFC 6750, section 3: how to authenticate, and what was wrong. */
function challengeOf(refused: Refused): string | undefined {
  const realm = 'Bearer realm="tonegrid"';
  if (refused.code === 'auth.scope_missing') return `${realm}, error="insufficient_scope"`;
  if (refused.status !== 401) return undefined;
  return refused.code === 'auth.invalid_token' || refused.code === 'auth.invalid_api_key' ? `${realm}, error="invalid_token"` : realm;
}
