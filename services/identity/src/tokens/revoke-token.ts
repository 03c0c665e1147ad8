import { Injectable } from '@nestjs/common';
import { IdentityService, type RevokeTokenRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { hashSecret } from '@tonegrid/secrets';
import { AccessTokens } from './access-tokens';
import { revokeFamily } from './revoke-family';

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
  ) {}

  async run(caller: Caller, request: RevokeTokenRequest) {
    const jti = await this.tokens.idOf(request.token);
    await this.data.transaction(caller, async (tx) => {
      if (jti !== undefined) {
        await tx.query('update access_tokens set revoked_at = now() where jti = $1 and revoked_at is null', [jti]);
        return;
      }
      const [row] = await tx.query<{ family_uuid: string }>('select family_uuid from refresh_tokens where token_hash = $1', [
        hashSecret(request.token),
      ]);
      if (row) await revokeFamily(tx, row.family_uuid);
    });
    return { message: 'Token revoked successfully.' };
  }
}
