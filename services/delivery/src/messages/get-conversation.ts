import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { DeliveryService, type GetConversationRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { canonicalSlug } from '@tonegrid/dsp-registry';
import { Rpc, type Caller } from '@tonegrid/rpc';

interface Row {
  thread_id: string | null;
  /** This and the rest are null while nothing was accepted. */
  message_id: string | null;
  message_type: string;
  ern_version: string;
  sha256: string;
  content: Buffer;
  sent_at: Date | null;
  accepted_at: Date;
}

/** Internal: the thread of the messages about a release at a DSP, and the last one that was accepted there, as it was sent. */
@Rpc(DeliveryService.method.getConversation)
@Injectable()
export class GetConversation {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, request: GetConversationRequest) {
    const [row] = await this.data.read<Row>(
      caller,
      `select newest.thread_id, accepted.* from deliveries d
       left join lateral (
         select m.thread_id from messages m where m.delivery_uuid = d.uuid and m.direction = 'sent' order by m.created_at desc limit 1
       ) newest on true
       left join lateral (
         select m.message_id, m.message_type, m.ern_version, m.sha256, m.content, m.sent_at, m.accepted_at from messages m
         where m.delivery_uuid = d.uuid and m.direction = 'sent' and m.accepted_at is not null and m.content is not null
         order by m.created_at desc limit 1
       ) accepted on true
       where d.release_uuid = $1 and d.dsp = $2`,
      [request.uuid, canonicalSlug(request.dspSlug)],
      'conversation-of-release',
    );
    return {
      threadId: row?.thread_id ?? undefined,
      accepted: row?.message_id
        ? {
            messageId: row.message_id,
            messageType: row.message_type,
            ernVersion: row.ern_version,
            sha256: row.sha256,
            content: row.content,
            sentAt: row.sent_at ? timestampFromDate(row.sent_at) : undefined,
            acceptedAt: timestampFromDate(row.accepted_at),
          }
        : undefined,
    };
  }
}
