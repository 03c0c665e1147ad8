import { Injectable } from '@nestjs/common';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { isRight, nobodysHash } from '../passwords/hashing';

/** An OAuth client whose secret was right. */
export interface KnownClient {
  uuid: string;
  tenant_uuid: string;
  scopes: string[];
}

/** Authenticates OAuth clients by their secrets (RFC 6749, 2.3.1). */
@Injectable()
export class KnownClients {
  constructor(private readonly data: Data) {}

  /** Throws `auth.invalid_client`. An unknown client costs as much time as a wrong secret, so that ids cannot be found out by the clock. */
  async authenticate(clientId: string, clientSecret: string): Promise<KnownClient> {
    const [client] = await this.data.system((tx) =>
      tx.query<KnownClient & { secret_hash: string; suspended: boolean }>(
        `select uuid, tenant_uuid, secret_hash, scopes, tenant_is_suspended(tenant_uuid) as suspended from oauth_clients where client_id = $1`,
        [clientId],
      ),
    );
    const right = await isRight(client?.secret_hash ?? (await nobodysHash()), clientSecret);
    if (!client || !right || client.suspended) throw new Refused('auth.invalid_client');
    return client;
  }
}
