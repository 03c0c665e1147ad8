import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { IdentityService, UpdateApiKeyResponseSchema, type UpdateApiKeyRequest } from '@tonegrid/contracts';
import { invalid } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { scopesToGrant } from '../scopes';
import { supplied } from '../supplied';
import { apiKeyColumns, audited, checkExpiry, toApiKey, type ApiKeyRow } from './api-key';
import { lockApiKey } from './api-key.store';
import { parseAllowlist } from './ip-allowlist';

/** `PUT /api-keys/:id`: what it is called, what it may do, until when and from where. */
@Rpc(IdentityService.method.updateApiKey)
@Injectable()
export class UpdateApiKey {
  constructor(
    private readonly changes: Changes,
    private readonly audit: Audit,
    private readonly revocations: Revocations,
  ) {}

  async run(caller: Caller, request: UpdateApiKeyRequest) {
    const given = supplied(request);
    if (given('name') && !request.name) throw invalid({ name: ['The name field is required.'] });
    if (given('scopes') && request.scopes.length === 0) throw invalid({ scopes: ['The scopes field is required.'] });
    const scopes = given('scopes') ? scopesToGrant(request.scopes, caller.scopes) : undefined;
    const allowlist = given('ip_allowlist') ? parseAllowlist(request.ipAllowlist) : undefined;
    const expiresAt = request.expiresAt && timestampDate(request.expiresAt);
    checkExpiry(expiresAt);
    return this.changes.run(caller, UpdateApiKeyResponseSchema, async (tx) => {
      const before = await lockApiKey(tx, request.id, caller.scopes);
      const [row] = await tx.query<ApiKeyRow>(
        `update api_keys k set name = $2, scopes = $3, expires_at = $4, ip_allowlist = $5 where k.uuid = $1 returning ${apiKeyColumns}`,
        [
          request.id,
          given('name') ? request.name : before.name,
          scopes ?? before.scopes,
          given('expires_at') ? (expiresAt ?? null) : before.expires_at,
          allowlist ?? before.ip_allowlist,
        ],
      );
      // Gateways forget what it could do.
      this.revocations.announce(tx, 'api_key', [request.id]);
      await this.audit.record(tx, caller, {
        action: 'api_key.updated',
        target: `api_key:${request.id}`,
        before: audited(before),
        after: audited(row!),
      });
      return { data: toApiKey(row!) };
    });
  }
}
