import type { Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { mustCover } from '../scopes';
import { apiKeyColumns, type ApiKeyRow } from './api-key';

/**
 * The key of that id, locked, to be changed by someone who has all of its scopes: whoever may widen or read a key that may do more than he
 * would get more than he has. Throws `api_key.not_found`, `api_key.revoked`, `auth.scope_missing`.
 */
export async function lockApiKey(tx: Tx, uuid: string, scopes: readonly string[]): Promise<ApiKeyRow> {
  const [row] = await tx.query<ApiKeyRow>(`select ${apiKeyColumns} from api_keys k where k.uuid = $1 for update`, [uuid]);
  if (!row) throw new Refused('api_key.not_found');
  if (row.revoked_at) throw new Refused('api_key.revoked');
  mustCover(scopes, row.scopes);
  return row;
}
