import { Injectable } from '@nestjs/common';
import { IdentityService, type ListOAuthClientsRequest } from '@tonegrid/contracts';
import { envelopePage, newestFirst, Pages } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { oauthClientColumns, toOAuthClient, type OAuthClientRow } from './oauth-client';

/** `GET /oauth-clients`: newest first, never the secrets. */
@Rpc(IdentityService.method.listOAuthClients)
@Injectable()
export class ListOAuthClients {
  constructor(private readonly pages: Pages) {}

  async run(caller: Caller, request: ListOAuthClientsRequest) {
    const list = {
      name: 'oauth-clients',
      select: oauthClientColumns,
      from: 'oauth_clients c',
      tenant: 'c.tenant_uuid',
      order: newestFirst('c'),
    };
    const page = await this.pages.list<OAuthClientRow>(caller, request, list);
    return { data: page.rows.map(toOAuthClient), ...envelopePage(page) };
  }
}
