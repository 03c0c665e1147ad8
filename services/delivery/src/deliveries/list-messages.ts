import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import { CatalogService, DeliveryService, type ListMessagesRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller, type RpcClient } from '@tonegrid/rpc';
import { clientOf } from '@tonegrid/service';
import { deliveryUuid } from './delivery-uuid';

interface Row {
  /** Null for a delivery without messages. */
  uuid: string | null;
  direction: string;
  message_type: string;
  message_id: string | null;
  thread_id: string | null;
  ern_version: string | null;
  state: string;
  file_name: string | null;
  sha256: string | null;
  size_bytes: number | null;
  attempts: number;
  error_message: string | null;
  created_at: Date;
  sent_at: Date | null;
}

/** `GET /releases/:uuid/ddex/deliveries/:delivery_uuid/messages`: the conversation with a DSP, oldest first. */
@Rpc(DeliveryService.method.listMessages)
@Injectable()
export class ListMessages {
  constructor(
    private readonly data: Data,
    @Inject(clientOf(CatalogService)) private readonly catalog: RpcClient<typeof CatalogService>,
  ) {}

  async run(caller: Caller, request: ListMessagesRequest) {
    const rows = await this.data.read<Row>(
      caller,
      `select m.uuid, m.direction, m.message_type, m.message_id, m.thread_id, m.ern_version, m.state, m.file_name, m.sha256,
         octet_length(m.content) as size_bytes, m.attempts, m.error_message, m.created_at, m.sent_at
       from deliveries d left join messages m on m.delivery_uuid = d.uuid
       where d.uuid = $1 and d.release_uuid = $2 order by m.created_at, m.uuid`,
      [request.deliveryUuid, request.uuid],
      'messages-of-delivery',
    );
    if (rows.length === 0) await this.expectAttached(caller, request);
    return {
      data: rows.flatMap((row) =>
        row.uuid === null
          ? []
          : [
              {
                uuid: row.uuid,
                direction: row.direction,
                messageType: row.message_type,
                messageId: row.message_id ?? undefined,
                threadId: row.thread_id ?? undefined,
                ernVersion: row.ern_version ?? undefined,
                state: row.state,
                fileName: row.file_name ?? undefined,
                sha256: row.sha256 ?? '',
                sizeBytes: BigInt(row.size_bytes ?? 0),
                attempts: row.attempts,
                errorMessage: row.error_message ?? undefined,
                createdAt: timestampFromDate(row.created_at),
                sentAt: row.sent_at ? timestampFromDate(row.sent_at) : undefined,
              },
            ],
      ),
    };
  }

  /** A delivery that is listed without a row (nothing was sent yet) has no messages; any other is not there. */
  private async expectAttached(caller: Caller, request: ListMessagesRequest): Promise<void> {
    const { data } = await this.catalog.listReleaseDsps(caller, { uuid: request.uuid });
    if (!data.some(({ slug }) => deliveryUuid(request.uuid, slug) === request.deliveryUuid.toLowerCase()))
      throw new Refused('delivery.not_found');
  }
}
