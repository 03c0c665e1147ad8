import { Injectable } from '@nestjs/common';
import { IdentityService, type RefreshTokenRequest } from '@tonegrid/contracts';
import { Data, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { logger, Rpc, type Caller } from '@tonegrid/rpc';
import { hashSecret, hasTokenForm } from '@tonegrid/secrets';
import { AccessTokens, refreshPrefix } from './access-tokens';
import { revokeFamily } from './revoke-family';

interface RefreshRow {
  tenant_uuid: string;
  family_uuid: string;
  scopes: string[];
  used: boolean;
  ended: boolean;
  client_uuid: string;
}

/**
 * `POST /auth/token/refresh`: a refresh token for a new pair. Each works once; a second use means that it was stolen, by
 * whoever came first or second, so the whole family ends (RFC 9700, 4.14.2).
 */
@Rpc(IdentityService.method.refreshToken)
@Injectable()
export class RefreshToken {
  constructor(
    private readonly data: Data,
    private readonly tokens: AccessTokens,
  ) {}

  async run(_caller: Caller, request: RefreshTokenRequest) {
    if (request.grantType !== 'refresh_token') throw new Refused('auth.unsupported_grant_type', { params: { expected: 'refresh_token' } });
    if (!hasTokenForm(request.refreshToken, refreshPrefix)) throw new Refused('auth.invalid_grant');
    const pair = await this.data.system((tx) => this.exchange(tx, hashSecret(request.refreshToken)));
    if (!pair) throw new Refused('auth.invalid_grant');
    return pair;
  }

  /** Undefined for a refusal, so that the revocation of a family is committed with it. */
  private async exchange(tx: Tx, tokenHash: string) {
    const [row] = await tx.query<RefreshRow>(
      `select r.tenant_uuid, r.family_uuid, r.scopes, r.used_at is not null as used, f.client_uuid,
              r.expires_at <= now() or f.revoked_at is not null or t.suspended_at is not null as ended
       from refresh_tokens r join token_families f on f.uuid = r.family_uuid join tenants t on t.tenant_uuid = r.tenant_uuid
       where r.token_hash = $1 for update of r`,
      [tokenHash],
    );
    if (!row || row.ended) return undefined;
    if (row.used) {
      await revokeFamily(tx, row.family_uuid);
      logger.warn({ family: row.family_uuid, tenant: row.tenant_uuid }, 'a refresh token was used twice: its family is revoked');
      return undefined;
    }
    await tx.query('update refresh_tokens set used_at = now() where token_hash = $1', [tokenHash]);
    return this.tokens.issue(tx, {
      tenantUuid: row.tenant_uuid,
      familyUuid: row.family_uuid,
      subject: `oauth_client:${row.client_uuid}`,
      scopes: row.scopes,
    });
  }
}
