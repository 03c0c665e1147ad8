import { Refused } from '@tonegrid/errors';
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
  const { message, code, fields } = refused;
  const body: Record<string, unknown> = { success: false, error: message, code, request_id: requestId };
  if (refused.status === 422 && fields) {
    body['errors'] = fields;
    body['fields'] = Object.fromEntries(Object.entries(fields).map(([field, messages]) => [field, messages[0] ?? message]));
  }
  return JSON.stringify(body);
}

/** What is answered for an error; what is not a refusal is logged whole and told as an internal error. */
export function refusalAnswer(error: unknown, requestId: string, route: string): RefusalAnswer {
  const refused = asRefused(error, requestId, route);
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  if (refused.retryAfterSeconds !== undefined) headers['retry-after'] = String(refused.retryAfterSeconds);
  const challenge = challengeOf(refused);
  if (challenge) headers['www-authenticate'] = challenge;
  return { status: refused.status, headers, body: refusalBody(refused, requestId) };
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

/** RFC 6750, section 3: how to authenticate, and what was wrong. */
function challengeOf(refused: Refused): string | undefined {
  const realm = 'Bearer realm="tonegrid"';
  if (refused.code === 'auth.scope_missing') return `${realm}, error="insufficient_scope"`;
  if (refused.status !== 401) return undefined;
  return refused.code === 'auth.invalid_token' || refused.code === 'auth.invalid_api_key' ? `${realm}, error="invalid_token"` : realm;
}
