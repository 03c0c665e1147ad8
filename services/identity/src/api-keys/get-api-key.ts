import { Injectable } from '@nestjs/common';
import { IdentityService, type GetApiKeyRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { apiKeyColumns, toApiKey, type ApiKeyRow } from './api-key';

/** `GET /api-keys/:id`. */
@Rpc(IdentityService.method.getApiKey)
@Injectable()
export class GetApiKey {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, request: GetApiKeyRequest) {
    const [row] = await this.data.read<ApiKeyRow>(
      caller,
      `select ${apiKeyColumns} from api_keys k where k.uuid = $1`,
      [request.id],
      'api_key',
    );
    if (!row) throw new Refused('api_key.not_found');
    return { data: toApiKey(row) };
  }
}
