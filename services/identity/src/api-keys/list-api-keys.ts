import { Injectable } from '@nestjs/common';
import { IdentityService, type ListApiKeysRequest } from '@tonegrid/contracts';
import { envelopePage, newestFirst, Pages } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { apiKeyColumns, toApiKey, type ApiKeyRow } from './api-key';

/** `GET /api-keys`: newest first, never the keys themselves. */
@Rpc(IdentityService.method.listApiKeys)
@Injectable()
export class ListApiKeys {
  constructor(private readonly pages: Pages) {}

  async run(caller: Caller, request: ListApiKeysRequest) {
    const list = { name: 'api-keys', select: apiKeyColumns, from: 'api_keys k', tenant: 'k.tenant_uuid', order: newestFirst('k') };
    const page = await this.pages.list<ApiKeyRow>(caller, request, list);
    return { data: page.rows.map(toApiKey), ...envelopePage(page) };
  }
}
