import { Injectable } from '@nestjs/common';
import { IdentityService, type IssueTokenRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { v7 as uuidv7 } from 'uuid';
import { AccessTokens } from './access-tokens';
import { KnownClients } from './known-client';
import { requestedScopes } from './requested-scopes';

/** `POST /auth/token`: client credentials for a token pair (RFC 6749, 4.4). */
@Rpc(IdentityService.method.issueToken)
@Injectable()
export class IssueToken {
  constructor(
    private readonly data: Data,
    private readonly clients: KnownClients,
    private readonly tokens: AccessTokens,
  ) {}

  async run(_caller: Caller, request: IssueTokenRequest) {
    if (request.grantType !== 'client_credentials')
      throw new Refused('auth.unsupported_grant_type', { params: { expected: 'client_credentials' } });
    const { uuid, tenant_uuid: tenantUuid, scopes: own } = await this.clients.authenticate(request.clientId, request.clientSecret);
    const scopes = requestedScopes(request.scope, own);
    const signer = await this.tokens.signer();
    return this.data.transaction({ tenantUuid }, async (tx) => {
      const familyUuid = uuidv7();
      await tx.query(
        `with used as (update oauth_clients set last_used_at = now() where uuid = $3 and coalesce(last_used_at < now() - interval '1 minute', true))
         insert into token_families (uuid, tenant_uuid, client_uuid) values ($1, $2, $3)`,
        [familyUuid, tenantUuid, uuid],
      );
      return this.tokens.issuePair(tx, signer, { tenantUuid, familyUuid, subject: `oauth_client:${uuid}`, scopes });
    });
  }
}
