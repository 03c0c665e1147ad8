import { hash, verify } from '@node-rs/argon2';
import { Injectable } from '@nestjs/common';
import { IdentityService, type IssueTokenRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { v7 as uuidv7 } from 'uuid';
import { AccessTokens } from './access-tokens';

interface ClientRow {
  uuid: string;
  tenant_uuid: string;
  secret_hash: string;
  scopes: string[];
  suspended: boolean;
}

/** `POST /auth/token`: client credentials for a token pair (RFC 6749, 4.4). */
@Rpc(IdentityService.method.issueToken)
@Injectable()
export class IssueToken {
  // An unknown client costs as much time as a wrong secret, so that ids cannot be found out by the clock.
  private readonly nobodysHash = hash('no client has this secret');

  constructor(
    private readonly data: Data,
    private readonly tokens: AccessTokens,
  ) {}

  async run(_caller: Caller, request: IssueTokenRequest) {
    if (request.grantType !== 'client_credentials')
      throw new Refused('auth.unsupported_grant_type', { params: { expected: 'client_credentials' } });
    const [client] = await this.data.system((tx) =>
      tx.query<ClientRow>(
        `select c.uuid, c.tenant_uuid, c.secret_hash, c.scopes, t.suspended_at is not null as suspended
         from oauth_clients c join tenants t on t.tenant_uuid = c.tenant_uuid where c.client_id = $1`,
        [request.clientId],
      ),
    );
    const right = await verify(client?.secret_hash ?? (await this.nobodysHash), request.clientSecret);
    if (!client || !right || client.suspended) throw new Refused('auth.invalid_client');
    const scopes = granted(request.scope, client.scopes);
    return this.data.transaction({ tenantUuid: client.tenant_uuid }, async (tx) => {
      const familyUuid = uuidv7();
      await tx.query('insert into token_families (uuid, tenant_uuid, client_uuid) values ($1, $2, $3)', [
        familyUuid,
        client.tenant_uuid,
        client.uuid,
      ]);
      return this.tokens.issue(tx, { tenantUuid: client.tenant_uuid, familyUuid, subject: `oauth_client:${client.uuid}`, scopes });
    });
  }
}

/** The scopes asked for, all of the client's when none are; more than the client has is refused (RFC 6749, 5.2). */
function granted(asked: string | undefined, own: string[]): string[] {
  const wanted = (asked ?? '').split(' ').filter((scope) => scope !== '');
  if (wanted.length === 0) return own;
  const beyond = wanted.filter((scope) => !own.includes(scope));
  if (beyond.length > 0) throw new Refused('auth.invalid_scope', { params: { scope: beyond.join(' ') } });
  return [...new Set(wanted)];
}
