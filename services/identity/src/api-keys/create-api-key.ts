import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { CreateApiKeyResponseSchema, IdentityService, type CreateApiKeyRequest } from '@tonegrid/contracts';
import { invalid } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { hashSecret, mintToken } from '@tonegrid/secrets';
import { v7 as uuidv7 } from 'uuid';
import { scopesToGrant } from '../scopes';
import { apiKeyColumns, apiKeyPrefix, shownCharacters, toApiKey, type ApiKeyRow } from './api-key';

/** `POST /api-keys`: a new key, shown this once; only its SHA-256 is kept. */
@Rpc(IdentityService.method.createApiKey)
@Injectable()
export class CreateApiKey {
  constructor(private readonly changes: Changes) {}

  async run(caller: Caller, request: CreateApiKeyRequest) {
    const scopes = scopesToGrant(request.scopes, caller.scopes);
    const expiresAt = request.expiresAt && timestampDate(request.expiresAt);
    if (expiresAt && expiresAt.getTime() <= Date.now()) throw invalid({ expires_at: ['The expires_at must be in the future.'] });
    return this.changes.run(caller, CreateApiKeyResponseSchema, async (tx) => {
      const key = mintToken(apiKeyPrefix);
      const [row] = await tx.query<ApiKeyRow>(
        `insert into api_keys as k (uuid, tenant_uuid, name, prefix, key_hash, scopes, expires_at) values ($1, $2, $3, $4, $5, $6, $7) returning ${apiKeyColumns}`,
        [uuidv7(), caller.tenantUuid, request.name, key.slice(0, shownCharacters), hashSecret(key), scopes, expiresAt ?? null],
      );
      return { message: 'API key created. Store it now — it will not be shown again.', data: { ...toApiKey(row!), key } };
    });
  }
}
