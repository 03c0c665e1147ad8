import { Injectable } from '@nestjs/common';
import { IdentityService, type RevokeApiKeyRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { apiKeyColumns, audited, type ApiKeyRow } from './api-key';

/** `DELETE /api-keys/:id`: the key stops working; its row stays for the record. Again is no error. */
@Rpc(IdentityService.method.revokeApiKey)
@Injectable()
export class RevokeApiKey {
  constructor(
    private readonly data: Data,
    private readonly audit: Audit,
    private readonly revocations: Revocations,
  ) {}

  async run(caller: Caller, { id }: RevokeApiKeyRequest) {
    await this.data.transaction(caller, async (tx) => {
      const [row] = await tx.query<ApiKeyRow>(`select ${apiKeyColumns} from api_keys k where k.uuid = $1 for update`, [id]);
      if (!row) throw new Refused('api_key.not_found');
      if (row.revoked_at) return;
      await tx.query('update api_keys set revoked_at = now(), previous_key_hash = null, previous_until = null where uuid = $1', [id]);
      this.revocations.announce(tx, 'api_key', [id]);
      await this.audit.record(tx, caller, { action: 'api_key.revoked', target: `api_key:${id}`, before: audited(row) });
    });
    return {};
  }
}
