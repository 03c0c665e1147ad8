import { Injectable } from '@nestjs/common';
import { IdentityService, type DeleteUserRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { Audit } from '../audit/audit';
import { Revocations } from '../revocations/revocations';
import { mustCover, scopesOfRole } from '../scopes';
import { audited, userColumns, type UserRow } from './user';

/** `DELETE /users/:uuid`: the person and the tokens of his logins are gone. The last owner stays, or nobody could act for the tenant. */
@Rpc(IdentityService.method.deleteUser)
@Injectable()
export class DeleteUser {
  constructor(
    private readonly data: Data,
    private readonly audit: Audit,
    private readonly revocations: Revocations,
  ) {}

  async run(caller: Caller, { uuid }: DeleteUserRequest) {
    await this.data.transaction(caller, async (tx) => {
      // Owners are locked in one order: of two who remove each other, one waits and then finds himself the last.
      const owners = await tx.query<{ uuid: string }>(`select uuid from users where role = 'owner' order by uuid for update`);
      const [row] = await tx.query<UserRow>(`select ${userColumns} from users u where u.uuid = $1 for update`, [uuid]);
      if (!row) throw new Refused('user.not_found');
      mustCover(caller.scopes, scopesOfRole(row.role));
      if (row.role === 'owner' && owners.length === 1) throw new Refused('user.last_owner');
      await tx.query('delete from users where uuid = $1', [uuid]);
      this.revocations.announce(tx, 'user', [uuid]);
      await this.audit.record(tx, caller, { action: 'user.deleted', target: `user:${uuid}`, before: audited(row) });
    });
    return {};
  }
}
