import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { OAuthClientSchema } from '@tonegrid/contracts';

/** What client ids and client secrets begin with. */
export const clientIdPrefix = 'tgc_';
export const clientSecretPrefix = 'tgs_';
/** Random characters of a client id, which is no secret. */
export const clientIdLength = 20;

/** A row of `oauth_clients`, without the hash. */
export interface OAuthClientRow {
  uuid: string;
  name: string;
  client_id: string;
  scopes: string[];
  last_used_at: Date | null;
  created_at: Date;
}

export const oauthClientColumns = 'c.uuid, c.name, c.client_id, c.scopes, c.last_used_at, c.created_at';

/** A client as the contract shows it. */
export const toOAuthClient = (row: OAuthClientRow): MessageInitShape<typeof OAuthClientSchema> => ({
  id: row.uuid,
  name: row.name,
  clientId: row.client_id,
  scopes: row.scopes,
  lastUsedAt: row.last_used_at ? timestampFromDate(row.last_used_at) : undefined,
  createdAt: timestampFromDate(row.created_at),
});

/** A client as the audit log shows it. */
export const audited = (row: OAuthClientRow) => ({ name: row.name, client_id: row.client_id, scopes: row.scopes });
