import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { IdentityService, type AuthenticateRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { isUuid, Rpc, type Caller } from '@tonegrid/rpc';
import { hashSecret, hasTokenForm } from '@tonegrid/secrets';
import { apiKeyPrefix } from '../api-keys/api-key';
import { KeyUse } from '../api-keys/key-use';

interface CredentialRow {
  /** Whoever holds it: an API key, an OAuth client or a person. */
  subject: string;
  tenant_uuid: string;
  tenant_name: string;
  tenant_role: string;
  review_policy: string;
  rate_plan: string;
  locale: string;
  scopes: string[];
  ip_allowlist: string[] | null;
  expires_at: Date | null;
  ended: boolean;
  family: string;
  on_behalf_of: string | null;
  key_uuid: string | null;
}

const tenant = 't.name as tenant_name, t.tenant_role, t.review_policy, t.rate_plan, t.locale';
const byKey = `select 'api_key:' || k.uuid as subject, k.uuid as key_uuid, k.tenant_uuid, ${tenant}, k.scopes, k.ip_allowlist, '' as family, null as on_behalf_of,
    least(k.expires_at, case when k.key_hash <> $1 then k.previous_until end) as expires_at,
    k.revoked_at is not null or k.expires_at <= now() or tenant_is_suspended(k.tenant_uuid) as ended
  from api_keys k join tenants t on t.tenant_uuid = k.tenant_uuid
  where k.key_hash = $1 or (k.previous_key_hash = $1 and k.previous_until > now())`;
// The tenant that acts as another stands above it: when it is suspended, so is the other.
const byToken = `select case when f.client_uuid is not null then 'oauth_client:' || f.client_uuid when f.user_uuid is not null then 'user:' || f.user_uuid
      else 'api_key:' || f.api_key_uuid end as subject,
    f.api_key_uuid as key_uuid, a.tenant_uuid, ${tenant}, a.scopes, k.ip_allowlist, f.uuid::text as family, f.on_behalf_of, a.expires_at,
    a.revoked_at is not null or f.revoked_at is not null or a.expires_at <= now() or tenant_is_suspended(a.tenant_uuid)
      or coalesce(k.revoked_at is not null or k.expires_at <= now(), false) as ended
  from access_tokens a join token_families f on f.uuid = a.family_uuid join tenants t on t.tenant_uuid = a.tenant_uuid
    left join api_keys k on k.uuid = f.api_key_uuid where a.jti = $1`;

/** Internal: who a credential belongs to. The gateway asks at most once a second for each, so a revocation is in effect by then. */
@Rpc(IdentityService.method.authenticate)
@Injectable()
export class Authenticate {
  constructor(
    private readonly data: Data,
    private readonly use: KeyUse,
  ) {}

  async run(_caller: Caller, { credential }: AuthenticateRequest) {
    const byApiKey = credential.case === 'apiKey';
    const refusal = new Refused(byApiKey ? 'auth.invalid_api_key' : 'auth.invalid_token');
    if (byApiKey && !hasTokenForm(credential.value, apiKeyPrefix)) throw refusal;
    if (credential.case !== 'apiKey' && !(credential.case === 'tokenId' && isUuid(credential.value))) throw refusal;
    const [row] = await this.data.system((tx) =>
      tx.query<CredentialRow>(byApiKey ? byKey : byToken, [byApiKey ? hashSecret(credential.value) : credential.value]),
    );
    if (!row || row.ended) throw refusal;
    if (row.key_uuid !== null) this.use.note(row.key_uuid);
    return {
      caller: {
        tenantUuid: row.tenant_uuid,
        tenantName: row.tenant_name,
        tenantRole: row.tenant_role,
        subject: row.subject,
        scopes: row.scopes,
        reviewPolicy: row.review_policy,
        locale: row.locale,
        onBehalfOf: row.on_behalf_of ?? '',
        tokenId: byApiKey ? '' : credential.value,
      },
      expiresAt: row.expires_at ? timestampFromDate(row.expires_at) : undefined,
      ratePlan: row.rate_plan,
      ipAllowlist: row.ip_allowlist ?? [],
      family: row.family,
    };
  }
}
