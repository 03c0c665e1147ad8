import { Injectable } from '@nestjs/common';
import { CreateUserResponseSchema, IdentityService, type CreateUserRequest } from '@tonegrid/contracts';
import { isUniqueViolation } from '@tonegrid/data';
import { invalid, Refused } from '@tonegrid/errors';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Audit } from '../audit/audit';
import { hashPassword } from '../passwords/hashing';
import { passwordProblem } from '../passwords/password-rules';
import { mustCover, scopesOfRole } from '../scopes';
import { audited, roles, toUser, type UserRow } from './user';
import { insertUser } from './user.store';

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
    const passwordHash = await hashPassword(request.password);
    return this.changes.run(caller, CreateUserResponseSchema, async (tx) => {
      let row: UserRow;
      try {
        row = await tx.savepoint(() =>
          insertUser(tx, { tenantUuid: caller.tenantUuid, email, name: request.name?.trim() || null, passwordHash, role }),
        );
      } catch (error) {
        if (isUniqueViolation(error, 'users_email')) throw new Refused('user.email_taken');
        throw error;
      }
      await this.audit.record(tx, caller, { action: 'user.created', target: `user:${row.uuid}`, after: audited(row) });
      return { data: toUser(row) };
    });
  }
}
