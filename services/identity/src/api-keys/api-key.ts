import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ApiKeySchema } from '@tonegrid/contracts';
import { invalid } from '@tonegrid/errors';

/** What API keys begin with (reference, Authentication). */
export const apiKeyPrefix = 'tgk_';
/** Characters that are kept to recognise a key. */
export const shownCharacters = 12;

/** A row of `api_keys`, without the hashes. */
export interface ApiKeyRow {
  uuid: string;
  name: string;
  prefix: string;
  scopes: string[];
  ip_allowlist: string[];
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
  /** Until when the secret before the last rotation works. */
  previous_until: Date | null;
  created_at: Date;
}

export const apiKeyColumns =
  'k.uuid, k.name, k.prefix, k.scopes, k.ip_allowlist, k.expires_at, k.last_used_at, k.revoked_at, k.previous_until, k.created_at';

const moment = (date: Date | null) => (date ? timestampFromDate(date) : undefined);

/** A key as the contract shows it. */
export const toApiKey = (row: ApiKeyRow): MessageInitShape<typeof ApiKeySchema> => ({
  id: row.uuid,
  name: row.name,
  prefix: row.prefix,
  scopes: row.scopes,
  ipAllowlist: row.ip_allowlist,
  expiresAt: moment(row.expires_at),
  lastUsedAt: moment(row.last_used_at),
  revokedAt: moment(row.revoked_at),
  previousValidUntil: row.previous_until && row.previous_until.getTime() > Date.now() ? moment(row.previous_until) : undefined,
  createdAt: moment(row.created_at),
});

/** A key as the audit log shows it. */
export const audited = (row: ApiKeyRow) => ({
  name: row.name,
  scopes: row.scopes,
  expires_at: row.expires_at,
  ip_allowlist: row.ip_allowlist,
});

/** Throws a 422 for an expiry that is over already. */
export function checkExpiry(expiresAt: Date | undefined): void {
  if (expiresAt && expiresAt.getTime() <= Date.now()) throw invalid({ expires_at: ['The expires_at must be in the future.'] });
}
