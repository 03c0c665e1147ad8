import { Injectable } from '@nestjs/common';
import { IdentityService } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { isUuid, Rpc, type Caller } from '@tonegrid/rpc';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { revokeFamily } from '../tokens/revoke-family';

/** `POST /auth/logout`: ends the token of the request, with all that came of the same grant. Of an API key there is nothing to end. */
@Rpc(IdentityService.method.logout)
@Injectable()
export class Logout {
  constructor(
    private readonly data: Data,
    private readonly audit: Audit,
    private readonly revocations: Revocations,
  ) {}

  async run(caller: Caller) {
    const { tokenId } = caller;
    if (tokenId && isUuid(tokenId)) {
      await this.data.transaction(caller, async (tx) => {
        const [row] = await tx.query<{ family_uuid: string }>('select family_uuid from access_tokens where jti = $1', [tokenId]);
        if (!row) return;
        await revokeFamily(tx, this.revocations, row.family_uuid);
        await this.audit.record(tx, caller, { action: 'user.logged_out', target: caller.subject });
      });
    }
    return { message: 'Logged out successfully.' };
  }
}
