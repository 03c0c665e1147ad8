import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { IdentityService, type AuthenticateRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { isUuid, logger, Rpc, type Caller } from '@tonegrid/rpc';
import { hashSecret, hasTokenForm } from '@tonegrid/secrets';
import { apiKeyPrefix } from '../api-keys/api-key';

interface CredentialRow {
  uuid: string;
  tenant_uuid: string;
  tenant_name: string;
  tenant_role: string;
  review_policy: string;
  locale: string;
  scopes: string[];
  expires_at: Date | null;
  ended: boolean;
  stale: boolean;
}

const tenant = 't.name as tenant_name, t.tenant_role, t.review_policy, t.locale';
const byKey = `select k.uuid, k.tenant_uuid, ${tenant}, k.scopes, k.expires_at,
    k.revoked_at is not null or k.expires_at <= now() or t.suspended_at is not null as ended,
    coalesce(k.last_used_at < now() - interval '1 minute', true) as stale
  from api_keys k join tenants t on t.tenant_uuid = k.tenant_uuid where k.key_hash = $1`;
const byToken = `select f.client_uuid as uuid, a.tenant_uuid, ${tenant}, a.scopes, a.expires_at,
    a.revoked_at is not null or a.expires_at <= now() or t.suspended_at is not null as ended, false as stale
  from access_tokens a join token_families f on f.uuid = a.family_uuid join tenants t on t.tenant_uuid = a.tenant_uuid where a.jti = $1`;

/** Internal: who a credential belongs to. The gateway asks at most once a second for each, so a revocation is in effect by then. */
@Rpc(IdentityService.method.authenticate)
@Injectable()
export class Authenticate {
  constructor(private readonly data: Data) {}

  async run(_caller: Caller, { credential }: AuthenticateRequest) {
    const byApiKey = credential.case === 'apiKey';
    const refusal = new Refused(byApiKey ? 'auth.invalid_api_key' : 'auth.invalid_token');
    if (byApiKey && !hasTokenForm(credential.value, apiKeyPrefix)) throw refusal;
    if (credential.case !== 'apiKey' && !(credential.case === 'tokenId' && isUuid(credential.value))) throw refusal;
    const [row] = await this.data.system((tx) =>
      tx.query<CredentialRow>(byApiKey ? byKey : byToken, [byApiKey ? hashSecret(credential.value) : credential.value]),
    );
    if (!row || row.ended) throw refusal;
    if (row.stale) this.noteUse(row);
    return {
      caller: {
        tenantUuid: row.tenant_uuid,
        tenantName: row.tenant_name,
        tenantRole: row.tenant_role,
        subject: `${byApiKey ? 'api_key' : 'oauth_client'}:${row.uuid}`,
        scopes: row.scopes,
        reviewPolicy: row.review_policy,
        locale: row.locale,
      },
      expiresAt: row.expires_at ? timestampFromDate(row.expires_at) : undefined,
    };
  }

  /** `last_used_at` is for people: it neither delays nor fails a call. */
  private noteUse(row: CredentialRow): void {
    this.data
      .transaction({ tenantUuid: row.tenant_uuid }, (tx) =>
        tx.query('update api_keys set last_used_at = now() where uuid = $1', [row.uuid]),
      )
      .catch((error: unknown) => logger.warn({ err: error }, 'the use of an API key was not noted'));
  }
}
