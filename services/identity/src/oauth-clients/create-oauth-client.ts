import { Injectable } from '@nestjs/common';
import { CreateOAuthClientResponseSchema, IdentityService, type CreateOAuthClientRequest } from '@tonegrid/contracts';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { mintToken } from '@tonegrid/secrets';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit';
import { hashPassword } from '../passwords/hashing';
import { scopesToGrant } from '../scopes';
import {
  audited,
  clientIdLength,
  clientIdPrefix,
  clientSecretPrefix,
  oauthClientColumns,
  toOAuthClient,
  type OAuthClientRow,
} from './oauth-client';

/** `POST /oauth-clients`: a new client; its secret is shown this once, only its Argon2id hash is kept. */
@Rpc(IdentityService.method.createOAuthClient)
@Injectable()
export class CreateOAuthClient {
  constructor(
    private readonly changes: Changes,
    private readonly audit: Audit,
  ) {}

  async run(caller: Caller, request: CreateOAuthClientRequest) {
    const scopes = scopesToGrant(request.scopes, caller.scopes);
    const clientSecret = mintToken(clientSecretPrefix);
    // Before the transaction: it takes its time.
    const secretHash = await hashPassword(clientSecret);
    return this.changes.run(caller, CreateOAuthClientResponseSchema, async (tx) => {
      const [row] = await tx.query<OAuthClientRow>(
        `insert into oauth_clients as c (uuid, tenant_uuid, client_id, secret_hash, name, scopes) values ($1, $2, $3, $4, $5, $6) returning ${oauthClientColumns}`,
        [uuidv7(), caller.tenantUuid, mintToken(clientIdPrefix, clientIdLength), secretHash, request.name, scopes],
      );
      await this.audit.record(tx, caller, { action: 'oauth_client.created', target: `oauth_client:${row!.uuid}`, after: audited(row!) });
      return {
        message: 'OAuth client created. Store its secret now — it will not be shown again.',
        data: { ...toOAuthClient(row!), clientSecret },
      };
    });
  }
}
