import { Injectable } from '@nestjs/common';
import { IdentityService, type RevokeTokenRequest } from '@tonegrid/contracts';
import { Data, type Tx } from '@tonegrid/data';
import { isUuid, Rpc, type Caller } from '@tonegrid/rpc';
import { hashSecret } from '@tonegrid/secrets';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { AccessTokens } from './access-tokens';
import { revokeFamily } from './revoke-family';

// The tenant's own, and those with which it acts as another.
const ofTenant = '(f.tenant_uuid = $2 or f.on_behalf_of = $2)';

/**
 * `POST /auth/token/revoke`: ends an access token, or a refresh token with all that came of it. A token that is unknown,
 * ended or another tenant's gets the same answer (RFC 7009, 2.2).
 */
@Rpc(IdentityService.method.revokeToken)
@Injectable()
export class RevokeToken {
  constructor(
    private readonly data: Data,
    private readonly tokens: AccessTokens,
    private readonly audit: Audit,
    private readonly revocations: Revocations,
  ) {}

  async run(caller: Caller, { token }: RevokeTokenRequest) {
    const jti = await this.tokens.idOf(token);
    await this.data.system(async (tx) => {
      const target = jti === undefined ? await this.refreshToken(tx, caller, token) : await this.accessToken(tx, caller, jti);
      if (target !== undefined) await this.audit.record(tx, caller, { action: 'token.revoked', target });
    });
    return { message: 'Token revoked successfully.' };
  }

  private async accessToken(tx: Tx, caller: Caller, jti: string): Promise<string | undefined> {
    const [row] = await tx.query(
      `update access_tokens a set revoked_at = now() from token_families f
       where f.uuid = a.family_uuid and a.jti = $1 and a.revoked_at is null and ${ofTenant} returning 1`,
      [isUuid(jti) ? jti : null, caller.tenantUuid],
    );
    if (!row) return undefined;
    this.revocations.announce(tx, 'token', [jti]);
    return `access_token:${jti}`;
  }

  private async refreshToken(tx: Tx, caller: Caller, token: string): Promise<string | undefined> {
    const [row] = await tx.query<{ family_uuid: string }>(
      `select r.family_uuid from refresh_tokens r join token_families f on f.uuid = r.family_uuid where r.token_hash = $1 and ${ofTenant}`,
      [hashSecret(token), caller.tenantUuid],
    );
    if (!row) return undefined;
    await revokeFamily(tx, this.revocations, row.family_uuid);
    return `family:${row.family_uuid}`;
  }
}
