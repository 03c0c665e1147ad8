import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ApiKeySchema } from '@tonegrid/contracts';

/** What API keys begin with (reference, Authentication). */
export const apiKeyPrefix = 'tgk_';
/** Characters that are kept to recognise a key. */
export const shownCharacters = 12;

/** A row of `api_keys`, without the hash. */
export interface ApiKeyRow {
  uuid: string;
  name: string;
  prefix: string;
  scopes: string[];
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
  created_at: Date;
}

export const apiKeyColumns = 'k.uuid, k.name, k.prefix, k.scopes, k.expires_at, k.last_used_at, k.revoked_at, k.created_at';

const moment = (date: Date | null) => (date ? timestampFromDate(date) : undefined);

/** A key as the contract shows it. */
export const toApiKey = (row: ApiKeyRow): MessageInitShape<typeof ApiKeySchema> => ({
  id: row.uuid,
  name: row.name,
  prefix: row.prefix,
  scopes: row.scopes,
  expiresAt: moment(row.expires_at),
  lastUsedAt: moment(row.last_used_at),
  revokedAt: moment(row.revoked_at),
  createdAt: moment(row.created_at),
});
