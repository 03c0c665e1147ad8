import type { Tx } from '@tonegrid/data';
import { v7 as uuidv7 } from 'uuid';
import { userColumns, type UserRow } from './user';

/** Who is to become a person of the tenant. */
export interface NewUser {
  tenantUuid: string;
  email: string;
  name?: string | null;
  /** Argon2id, see `hashPassword`. */
  passwordHash: string;
  /** owner, admin, member or viewer. */
  role: string;
}

/** Makes a person who can log in. A unique violation of `users_email` when the tenant has that address already. */
export async function insertUser(tx: Tx, { tenantUuid, email, name = null, passwordHash, role }: NewUser): Promise<UserRow> {
  const [row] = await tx.query<UserRow>(
    `insert into users as u (uuid, tenant_uuid, email, name, password_hash, role) values ($1, $2, $3, $4, $5, $6) returning ${userColumns}`,
    [uuidv7(), tenantUuid, email, name, passwordHash, role],
  );
  return row!;
}
