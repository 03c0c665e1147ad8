import { Refused } from '@tonegrid/errors';
import { errors, jwtVerify } from 'jose';
import type { SigningKeys } from './signing-keys';

/** What a token must have been issued for. */
export interface TokenExpectations {
  /** `iss`: the platform's public URL. */
  issuer: string;
  /** `aud`: `tonegrid:sandbox` or `tonegrid:production`, so that neither takes the other's. */
  audience: string;
}

interface Verified {
  id: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

const longest = 8_192;
const remembered = 10_000;

/**
 * Verifies access tokens: RS256 and nothing else, by identity's keys, with iss, aud, exp and jti (RFC 8725). A signature that
 * held is not computed again while the set of keys stays and the token has not ended; whether it was revoked is another question.
 */
export class AccessTokens {
  private readonly verified = new Map<string, Verified>();
  private generation = 0;

  constructor(
    private readonly keys: SigningKeys,
    private readonly expected: TokenExpectations,
  ) {}

  /**
   * The token's id (`jti`). Throws `auth.invalid_token` for whatever is wrong with it.
   * @param hash of the token, by which it is remembered
   */
  async idOf(token: string, hash: string): Promise<string> {
    await this.keys.ensureFresh();
    if (this.generation !== this.keys.generation) {
      this.verified.clear();
      this.generation = this.keys.generation;
    }
    const known = this.verified.get(hash);
    if (known) {
      if (known.expiresAt > Date.now()) return known.id;
      this.verified.delete(hash);
      throw new Refused('auth.invalid_token');
    }
    const fresh = await this.verify(token);
    if (this.verified.size >= remembered) this.verified.delete(this.verified.keys().next().value!);
    this.verified.set(hash, fresh);
    return fresh.id;
  }

  private async verify(token: string): Promise<Verified> {
    if (token.length > longest) throw new Refused('auth.invalid_token');
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid }) => {
          const key = typeof kid === 'string' && kid.length <= 200 ? await this.keys.find(kid) : undefined;
          if (!key) throw new errors.JWKSNoMatchingKey();
          return key;
        },
        { algorithms: ['RS256'], issuer: this.expected.issuer, audience: this.expected.audience, requiredClaims: ['exp', 'sub', 'jti'] },
      );
      if (typeof payload.jti !== 'string' || payload.jti === '') throw new Refused('auth.invalid_token');
      return { id: payload.jti, expiresAt: payload.exp! * 1000 };
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new Refused('auth.invalid_token');
      throw error;
    }
  }
}
