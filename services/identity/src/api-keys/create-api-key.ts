import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { CreateApiKeyResponseSchema, IdentityService, type CreateApiKeyRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Audit } from '../audit/audit';
import { scopesToGrant } from '../scopes';
import { audited, checkExpiry, toApiKey } from './api-key';
import { insertApiKey } from './api-key.store';
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
      const { row, key } = await insertApiKey(tx, { tenantUuid: caller.tenantUuid, name: request.name, scopes, allowlist, expiresAt });
      await this.audit.record(tx, caller, { action: 'api_key.created', target: `api_key:${row.uuid}`, after: audited(row) });
      return { message: 'API key created. Store it now — it will not be shown again.', data: { ...toApiKey(row), key } };
    });
  }
}
