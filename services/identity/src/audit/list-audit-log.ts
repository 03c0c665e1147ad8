import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { IdentityService, type ListAuditLogRequest } from '@tonegrid/contracts';
import { envelopePage, Pages, type List, type Order } from '@tonegrid/data';
import { invalid } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import type { AuditRow } from './chain';

type Row = Omit<AuditRow, 'seq'> & { seq: string; seal: Buffer };

/** The chain from its end. Index: the primary key (tenant_uuid, seq). */
const latestFirst: Order = { name: 'sequence', descending: true, columns: [{ sql: 'a.seq', type: 'bigint' }] };

/** `GET /audit-log`: the tenant's privileged actions, latest first. */
@Rpc(IdentityService.method.listAuditLog)
@Injectable()
export class ListAuditLog {
  constructor(private readonly pages: Pages) {}

  async run(caller: Caller, request: ListAuditLogRequest) {
    const from = request.from && timestampDate(request.from);
    const to = request.to && timestampDate(request.to);
    if (from && to && from >= to) throw invalid({ to: ['The to must be after from.'] });
    const list: List = {
      name: 'audit-log',
      select:
        'a.seq, a.uuid, a.actor, a.on_behalf_of, a.action_type, a.target, a.client_address, a.request_id, a.before, a.after, a.created_at, a.seal',
      from: 'audit_log a',
      tenant: 'a.tenant_uuid',
      order: latestFirst,
      where: {
        actor: request.actor && ['a.actor = $1', request.actor],
        action_type: request.actionType && ['a.action_type = $1', request.actionType],
        from: from && ['a.created_at >= $1', from.toISOString()],
        to: to && ['a.created_at < $1', to.toISOString()],
      },
    };
    const page = await this.pages.list<Row>(caller, request, list);
    return { data: page.rows.map(entry), ...envelopePage(page) };
  }
}

const entry = (row: Row) => ({
  uuid: row.uuid,
  sequence: BigInt(row.seq),
  actor: row.actor,
  onBehalfOf: row.on_behalf_of ?? undefined,
  actionType: row.action_type,
  target: row.target || undefined,
  sourceIp: row.client_address || undefined,
  requestId: row.request_id,
  before: JSON.parse(row.before) as Record<string, string>,
  after: JSON.parse(row.after) as Record<string, string>,
  createdAt: timestampFromDate(row.created_at),
  seal: row.seal.toString('hex'),
});
