import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { CreateApiKeyResponseSchema, IdentityService, type CreateApiKeyRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { hashSecret, mintToken } from '@tonegrid/secrets';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit';
import { scopesToGrant } from '../scopes';
import { apiKeyColumns, apiKeyPrefix, audited, checkExpiry, shownCharacters, toApiKey, type ApiKeyRow } from './api-key';
import { parseAllowlist } from './ip-allowlist';

/** `POST /api-keys`: a new key, shown this once; only its SHA-256 is kept. */
@Rpc(IdentityService.method.createApiKey)
@Injectable()
export class CreateApiKey {
  constructor(
    private readonly changes: Changes,
    private readonly audit: Audit,
  ) {}

  async run(caller: Caller, request: CreateApiKeyRequest) {
    const scopes = scopesToGrant(request.scopes, caller.scopes);
    const allowlist = parseAllowlist(request.ipAllowlist);
    const expiresAt = request.expiresAt && timestampDate(request.expiresAt);
    checkExpiry(expiresAt);
    return this.changes.run(caller, CreateApiKeyResponseSchema, async (tx) => {
      const key = mintToken(apiKeyPrefix);
      const [row] = await tx.query<ApiKeyRow>(
        `insert into api_keys as k (uuid, tenant_uuid, name, prefix, key_hash, scopes, expires_at, ip_allowlist)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${apiKeyColumns}`,
        [uuidv7(), caller.tenantUuid, request.name, key.slice(0, shownCharacters), hashSecret(key), scopes, expiresAt ?? null, allowlist],
      );
      await this.audit.record(tx, caller, { action: 'api_key.created', target: `api_key:${row!.uuid}`, after: audited(row!) });
      return { message: 'API key created. Store it now — it will not be shown again.', data: { ...toApiKey(row!), key } };
    });
  }
}
