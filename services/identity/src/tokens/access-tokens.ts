import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import { hashSecret, mintToken } from '@tonegrid/secrets';
import { CONFIG } from '@tonegrid/service';
import { decodeProtectedHeader, jwtVerify, SignJWT, errors } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import type { IdentityConfig } from '../config';
import { accessSeconds, refreshDays } from './lifetimes';
import { SigningKeys, type Signer } from './signing-keys';

export const refreshPrefix = 'tgr_';

/** Which access token is granted to whom. */
export interface Grant {
  tenantUuid: string;
  familyUuid: string;
  /** `oauth_client:<uuid>`, `user:<uuid>` or `api_key:<uuid>`. */
  subject: string;
  scopes: readonly string[];
  /** Life in seconds, at most and by default an hour. */
  seconds?: number;
  /** The tenant that acts as `tenantUuid`. */
  onBehalfOf?: string;
}

/** Access tokens: RS256 JWTs (RFC 7519) with a row each, so that they can be revoked; and the refresh tokens beside them. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly keys: SigningKeys,
    @Inject(CONFIG) private readonly config: IdentityConfig,
  ) {}

  /** The key that signs now; to be asked before the transaction begins. */
  signer(): Promise<Signer> {
    return this.keys.signer();
  }

  /** A new access token, recorded in the transaction. */
  async issue(tx: Tx, signer: Signer, grant: Grant) {
    const { tenantUuid, familyUuid, subject, scopes, onBehalfOf, seconds = accessSeconds } = grant;
    const jti = uuidv7();
    await tx.query(
      `insert into access_tokens (jti, tenant_uuid, family_uuid, scopes, expires_at) values ($1, $2, $3, $4, now() + make_interval(secs => $5))`,
      [jti, tenantUuid, familyUuid, scopes, seconds],
    );
    const scope = scopes.join(' ');
    const acting = onBehalfOf === undefined ? {} : { acting_as: true, on_behalf_of: onBehalfOf };
    const accessToken = await new SignJWT({ tenant: tenantUuid, scope, ...acting })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: signer.kid })
      .setIssuer(this.config.PUBLIC_URL)
      .setAudience(audience(this.config))
      .setSubject(subject)
      .setJti(jti)
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .sign(signer.privateKey);
    return { accessToken, tokenType: 'Bearer', expiresIn: seconds, scope };
  }

  /** An access token and a refresh token. @param refreshable scopes of what is refreshed from it; those of the grant when left out */
  async issuePair(tx: Tx, signer: Signer, grant: Grant, refreshable: readonly string[] = grant.scopes) {
    const refreshToken = mintToken(refreshPrefix);
    await tx.query(
      `insert into refresh_tokens (token_hash, tenant_uuid, family_uuid, scopes, expires_at) values ($1, $2, $3, $4, now() + make_interval(days => $5))`,
      [hashSecret(refreshToken), grant.tenantUuid, grant.familyUuid, refreshable, refreshDays],
    );
    return { ...(await this.issue(tx, signer, grant)), refreshToken };
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
