import { Injectable } from '@nestjs/common';
import { IdentityService, type DeleteOAuthClientRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { audited, oauthClientColumns, type OAuthClientRow } from './oauth-client';

/** `DELETE /oauth-clients/:id`: the client and every token that it was granted are gone. */
@Rpc(IdentityService.method.deleteOAuthClient)
@Injectable()
export class DeleteOAuthClient {
  constructor(
    private readonly data: Data,
    private readonly audit: Audit,
    private readonly revocations: Revocations,
  ) {}

  async run(caller: Caller, { id }: DeleteOAuthClientRequest) {
    await this.data.transaction(caller, async (tx) => {
      const [row] = await tx.query<OAuthClientRow>(`delete from oauth_clients c where c.uuid = $1 returning ${oauthClientColumns}`, [id]);
      if (!row) throw new Refused('oauth_client.not_found');
      this.revocations.announce(tx, 'oauth_client', [id]);
      await this.audit.record(tx, caller, { action: 'oauth_client.deleted', target: `oauth_client:${id}`, before: audited(row) });
    });
    return {};
  }
}
