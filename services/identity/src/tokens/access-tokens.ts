import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { hashSecret, mintToken } from '@tonegrid/secrets';
import { CONFIG } from '@tonegrid/service';
import { decodeProtectedHeader, jwtVerify, SignJWT, errors } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import type { IdentityConfig } from '../config';
import { SigningKeys } from './signing-keys';

/** Life of an access token (reference, Authentication: `expires_in` 3600); seconds. */
const accessSeconds = 3600;
/** Life of a refresh token that is not used; days. */
const refreshDays = 30;
export const refreshPrefix = 'tgr_';

/** Whose token family is granted what. */
export interface Grant {
  tenantUuid: string;
  familyUuid: string;
  subject: string;
  scopes: string[];
}

/** Access tokens: RS256 JWTs (RFC 7519) with a row each, so that they can be revoked; and the refresh tokens beside them. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly keys: SigningKeys,
    @Inject(CONFIG) private readonly config: IdentityConfig,
  ) {}

  /** A new pair, recorded in the transaction. */
  async issue(tx: Tx, grant: Grant) {
    const jti = uuidv7();
    const refreshToken = mintToken(refreshPrefix);
    await tx.query(
      `with access as (
         insert into access_tokens (jti, tenant_uuid, family_uuid, scopes, expires_at) values ($1, $2, $3, $4, now() + make_interval(secs => $5))
       )
       insert into refresh_tokens (token_hash, tenant_uuid, family_uuid, scopes, expires_at) values ($6, $2, $3, $4, now() + make_interval(days => $7))`,
      [jti, grant.tenantUuid, grant.familyUuid, grant.scopes, accessSeconds, hashSecret(refreshToken), refreshDays],
    );
    const { kid, privateKey } = await this.keys.current();
    const accessToken = await new SignJWT({ tenant: grant.tenantUuid, scope: grant.scopes.join(' ') })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
      .setIssuer(this.config.PUBLIC_URL)
      .setAudience(audience(this.config))
      .setSubject(grant.subject)
      .setJti(jti)
      .setIssuedAt()
      .setExpirationTime(`${accessSeconds}s`)
      .sign(privateKey);
    return { accessToken, tokenType: 'Bearer', expiresIn: accessSeconds, refreshToken, scope: grant.scopes.join(' ') };
  }

  /** `jti` of an access token that we signed, also of one that has ended; undefined for anything else. */
  async idOf(token: string): Promise<string | undefined> {
    try {
      const { kid, alg } = decodeProtectedHeader(token);
      const key = alg === 'RS256' && kid !== undefined ? await this.keys.verifying(kid) : undefined;
      if (!key) return undefined;
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['RS256'],
        issuer: this.config.PUBLIC_URL,
        audience: audience(this.config),
        clockTolerance: accessSeconds * 24,
      });
      return payload.jti;
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  }
}

/** `aud` of the tokens: a sandbox token is refused in production, and the reverse (RFC 8725, 3.9). */
const audience = (config: IdentityConfig): string => `tonegrid:${config.TONEGRID_ENV}`;
