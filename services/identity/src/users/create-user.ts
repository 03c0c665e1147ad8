import { Injectable } from '@nestjs/common';
import { CreateUserResponseSchema, IdentityService, type CreateUserRequest } from '@tonegrid/contracts';
import { isUniqueViolation } from '@tonegrid/data';
import { invalid, Refused } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit';
import { hashPassword } from '../passwords/hashing';
import { passwordProblem } from '../passwords/password-rules';
import { mustCover, scopesOfRole } from '../scopes';
import { audited, roles, toUser, userColumns, type UserRow } from './user';

/** `POST /users`: a person who can log in; only the Argon2id hash of his password is kept. */
@Rpc(IdentityService.method.createUser)
@Injectable()
export class CreateUser {
  constructor(
    private readonly changes: Changes,
    private readonly audit: Audit,
  ) {}

  async run(caller: Caller, request: CreateUserRequest) {
    const role = roles.word(request.role)!;
    mustCover(caller.scopes, scopesOfRole(role));
    const email = request.email.trim();
    const problem = passwordProblem(request.password, [email, caller.tenantName]);
    if (problem) throw invalid({ password: [problem] });
    const hash = await hashPassword(request.password);
    return this.changes.run(caller, CreateUserResponseSchema, async (tx) => {
      let row: UserRow | undefined;
      try {
        [row] = await tx.savepoint(() =>
          tx.query<UserRow>(
            `insert into users as u (uuid, tenant_uuid, email, name, password_hash, role) values ($1, $2, $3, $4, $5, $6) returning ${userColumns}`,
            [uuidv7(), caller.tenantUuid, email, request.name?.trim() || null, hash, role],
          ),
        );
      } catch (error) {
        if (isUniqueViolation(error, 'users_email')) throw new Refused('user.email_taken');
        throw error;
      }
      await this.audit.record(tx, caller, { action: 'user.created', target: `user:${row!.uuid}`, after: audited(row!) });
      return { data: toUser(row!) };
    });
  }
}
