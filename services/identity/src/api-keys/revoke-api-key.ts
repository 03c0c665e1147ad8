import { Injectable } from '@nestjs/common';
import { IdentityService, type RevokeApiKeyRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';

/** `DELETE /api-keys/:id`: the key stops working; its row stays for the record. Again is no error. */
@Rpc(IdentityService.method.revokeApiKey)
@Injectable()
export class RevokeApiKey {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, request: RevokeApiKeyRequest) {
    const rows = await this.data.transaction(caller, (tx) =>
      tx.query('update api_keys set revoked_at = coalesce(revoked_at, now()) where uuid = $1 returning 1', [request.id]),
    );
    if (rows.length === 0) throw new Refused('api_key.not_found');
    return {};
  }
}
