import type { Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { hashSecret, mintToken } from '@tonegrid/secrets';
import { v7 as uuidv7 } from 'uuid';
import { mustCover } from '../scopes';
import { apiKeyColumns, apiKeyPrefix, shownCharacters, type ApiKeyRow } from './api-key';

/** What is to become a key. */
export interface NewApiKey {
  tenantUuid: string;
  name: string;
  scopes: readonly string[];
  /** Addresses and ranges in canonical spelling; any by default. */
  allowlist?: readonly string[];
  /** Never by default. */
  expiresAt?: Date;
}

/** Makes a key. Its secret is given this once: only the SHA-256 is kept. */
export async function insertApiKey(tx: Tx, wanted: NewApiKey): Promise<{ row: ApiKeyRow; key: string }> {
  const { tenantUuid, name, scopes, allowlist = [], expiresAt = null } = wanted;
  const key = mintToken(apiKeyPrefix);
  const [row] = await tx.query<ApiKeyRow>(
    `insert into api_keys as k (uuid, tenant_uuid, name, prefix, key_hash, scopes, expires_at, ip_allowlist)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${apiKeyColumns}`,
    [uuidv7(), tenantUuid, name, key.slice(0, shownCharacters), hashSecret(key), scopes, expiresAt, allowlist],
  );
  return { row: row!, key };
}

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
