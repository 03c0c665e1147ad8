import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { UserRoleSchema, words, type UserRole, type UserSchema } from '@tonegrid/contracts';

/** The words of the roles. */
export const roles = words<UserRole>(UserRoleSchema);

/** A row of `users`, without the hash. */
export interface UserRow {
  uuid: string;
  email: string;
  name: string | null;
  role: string;
  last_login_at: Date | null;
  created_at: Date;
}

export const userColumns = 'u.uuid, u.email, u.name, u.role, u.last_login_at, u.created_at';

/** A person as the contract shows him. */
export const toUser = (row: UserRow): MessageInitShape<typeof UserSchema> => ({
  uuid: row.uuid,
  email: row.email,
  name: row.name ?? undefined,
  role: roles.value(row.role),
  lastLoginAt: row.last_login_at ? timestampFromDate(row.last_login_at) : undefined,
  createdAt: timestampFromDate(row.created_at),
});

/** A person as the audit log shows him. */
export const audited = (row: UserRow) => ({ email: row.email, name: row.name, role: row.role });
