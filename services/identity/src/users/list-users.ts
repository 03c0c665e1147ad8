import { Injectable } from '@nestjs/common';
import { IdentityService, type ListUsersRequest } from '@tonegrid/contracts';
import { envelopePage, newestFirst, Pages, type List } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { roles, toUser, userColumns, type UserRow } from './user';

/** `GET /users`: newest first. */
@Rpc(IdentityService.method.listUsers)
@Injectable()
export class ListUsers {
  constructor(private readonly pages: Pages) {}

  async run(caller: Caller, request: ListUsersRequest) {
    const role = roles.word(request.role);
    const list: List = {
      name: 'users',
      select: userColumns,
      from: 'users u',
      tenant: 'u.tenant_uuid',
      order: newestFirst('u'),
      where: { role: role !== undefined && ['u.role = $1', role] },
    };
    const page = await this.pages.list<UserRow>(caller, request, list);
    return { data: page.rows.map(toUser), ...envelopePage(page) };
  }
}
