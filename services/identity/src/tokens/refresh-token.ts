import { Injectable } from '@nestjs/common';
import { IdentityService, type RefreshTokenRequest } from '@tonegrid/contracts';
import { Data, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { logger, Rpc, type Caller } from '@tonegrid/rpc';
import { hashSecret, hasTokenForm } from '@tonegrid/secrets';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { AccessTokens, refreshPrefix } from './access-tokens';
import { KnownClients } from './known-client';
import { requestedScopes } from './requested-scopes';
import { revokeFamily } from './revoke-family';
import type { Signer } from './signing-keys';

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
    private readonly clients: KnownClients,
    private readonly tokens: AccessTokens,
    private readonly audit: Audit,
    private readonly revocations: Revocations,
  ) {}

  async run(caller: Caller, request: RefreshTokenRequest) {
    if (request.grantType !== 'refresh_token') throw new Refused('auth.unsupported_grant_type', { params: { expected: 'refresh_token' } });
    const authenticates = request.clientId !== undefined || request.clientSecret !== undefined;
    const client = authenticates ? await this.clients.authenticate(request.clientId ?? '', request.clientSecret ?? '') : undefined;
    if (!hasTokenForm(request.refreshToken, refreshPrefix)) throw new Refused('auth.invalid_grant');
    const signer = await this.tokens.signer();
    const pair = await this.data.system((tx) => this.exchange(tx, caller, signer, request, client?.uuid));
    if (!pair) throw new Refused('auth.invalid_grant');
    return pair;
  }

  /** Undefined for a refusal, so that the revocation of a family is committed with it. */
  private async exchange(tx: Tx, caller: Caller, signer: Signer, request: RefreshTokenRequest, clientUuid: string | undefined) {
    const tokenHash = hashSecret(request.refreshToken);
    const [row] = await tx.query<RefreshRow>(
      `select r.tenant_uuid, r.family_uuid, r.scopes, r.used_at is not null as used, f.client_uuid,
              r.expires_at <= now() or f.revoked_at is not null or tenant_is_suspended(r.tenant_uuid) as ended
       from refresh_tokens r join token_families f on f.uuid = r.family_uuid where r.token_hash = $1 for update of r`,
      [tokenHash],
    );
    if (!row || row.ended) return undefined;
    const tenantUuid = row.tenant_uuid;
    // A token that another client holds: that one's is not spent by it.
    if (clientUuid !== undefined && clientUuid !== row.client_uuid) return undefined;
    const subject = `oauth_client:${row.client_uuid}`;
    if (row.used) {
      await revokeFamily(tx, this.revocations, row.family_uuid);
      logger.warn({ family: row.family_uuid, tenant: tenantUuid }, 'a refresh token was used twice: its family is revoked');
      const actor = { ...caller, tenantUuid, subject };
      await this.audit.record(tx, actor, { action: 'token.reuse_detected', target: `family:${row.family_uuid}` });
      return undefined;
    }
    const scopes = requestedScopes(request.scope, row.scopes);
    await tx.query('update refresh_tokens set used_at = now() where token_hash = $1', [tokenHash]);
    return this.tokens.issuePair(tx, signer, { tenantUuid, familyUuid: row.family_uuid, subject, scopes }, row.scopes);
  }
}
