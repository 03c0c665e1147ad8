import { Injectable } from '@nestjs/common';
import { IdentityService, RotateApiKeyResponseSchema, type RotateApiKeyRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { hashSecret, mintToken } from '@tonegrid/secrets';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { apiKeyColumns, apiKeyPrefix, shownCharacters, toApiKey, type ApiKeyRow } from './api-key';
import { lockApiKey } from './api-key.store';

/** `POST /api-keys/:id/rotate`: a new secret, shown this once; the old one stops at once or after the overlap. */
@Rpc(IdentityService.method.rotateApiKey)
@Injectable()
export class RotateApiKey {
  constructor(
    private readonly changes: Changes,
    private readonly audit: Audit,
    private readonly revocations: Revocations,
  ) {}

  run(caller: Caller, request: RotateApiKeyRequest) {
    const overlap = request.overlapSeconds ?? 0;
    return this.changes.run(caller, RotateApiKeyResponseSchema, async (tx) => {
      const before = await lockApiKey(tx, request.id, caller.scopes);
      const key = mintToken(apiKeyPrefix);
      const [row] = await tx.query<ApiKeyRow>(
        `update api_keys k set key_hash = $2, prefix = $3, previous_key_hash = case when $4 > 0 then k.key_hash end,
           previous_until = case when $4 > 0 then now() + make_interval(secs => $4) end where k.uuid = $1 returning ${apiKeyColumns}`,
        [request.id, hashSecret(key), key.slice(0, shownCharacters), overlap],
      );
      this.revocations.announce(tx, 'api_key', [request.id]);
      await this.audit.record(tx, caller, {
        action: 'api_key.rotated',
        target: `api_key:${request.id}`,
        before: { prefix: before.prefix },
        after: { prefix: row!.prefix, overlap_seconds: overlap },
      });
      return { message: 'API key rotated. Store it now — it will not be shown again.', data: { ...toApiKey(row!), key } };
    });
  }
}
