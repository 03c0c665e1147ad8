import { hash } from 'node:crypto';
import { Refused, type ErrorCode } from '@tonegrid/errors';
import type { AccessTokens } from './access-tokens';
import type { CallerCache } from './caller-cache';
import type { Authenticated } from './identity';

const apiKeyForm = /^tgk_[A-Za-z0-9_-]{8,252}$/;
const bearer = /^bearer +([^\s]+) *$/i;

/** Tells whom the Authorization header of a request belongs to, or in its absence the session cookie (reference, Authentication). */
export class Credentials {
  constructor(
    private readonly callers: CallerCache,
    private readonly tokens: AccessTokens,
  ) {}

  /**
   * Throws, or rejects with, the reference's 401s: nothing sent, a bad token, a bad API key. Without a promise when it is known.
   * @param cookie the access token of the session cookie; looked at only without an Authorization header
   */
  authenticate(header: string | undefined, cookie?: string): Authenticated | Promise<Authenticated> {
    const credential = header === undefined ? cookie : bearer.exec(header)?.[1];
    if (credential === undefined) throw new Refused('auth.token_missing');
    // Named by its hash, so that a memory dump of the cache holds no credential.
    const key = hash('sha256', credential, 'base64');
    if (header === undefined || !credential.startsWith('tgk_')) return this.byToken(credential, key);
    if (!apiKeyForm.test(credential)) throw new Refused('auth.invalid_api_key');
    const found = this.callers.find(key, { case: 'apiKey', value: credential });
    return found instanceof Promise
      ? found.then((each) => unexpired(each, 'auth.invalid_api_key'))
      : unexpired(found, 'auth.invalid_api_key');
  }

  private async byToken(token: string, key: string): Promise<Authenticated> {
    const id = await this.tokens.idOf(token, key);
    return unexpired(await this.callers.find(`jti:${id}`, { case: 'tokenId', value: id }), 'auth.invalid_token');
  }
}

function unexpired(found: Authenticated, code: ErrorCode): Authenticated {
  if (found.expiresAt !== undefined && found.expiresAt <= Date.now()) throw new Refused(code);
  return found;
}
