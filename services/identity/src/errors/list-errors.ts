import { Injectable } from '@nestjs/common';
import { IdentityService } from '@tonegrid/contracts';
import { errorTable } from '@tonegrid/errors';
import { Rpc } from '@tonegrid/rpc';

/** `GET /errors`: the catalogue of error codes, from the one table. */
@Rpc(IdentityService.method.listErrors)
@Injectable()
export class ListErrors {
  async run() {
    return { data: Object.entries(errorTable).map(([code, line]) => ({ code, status: line.http, error: line.message })) };
  }
}
