import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Data, Tx } from '@tonegrid/data';
import { v7 as uuidv7 } from 'uuid';
import { DeliveryStore } from '../deliveries/delivery.store';
import { onReport, type Report } from '../deliveries/status';
import type { NamesAtDsp } from './names-at-dsp';

/** The message that an acknowledgement is about. */
export interface AcknowledgedMessage {
  uuid: string;
  tenant_uuid: string;
  delivery_uuid: string;
  release_uuid: string;
  dsp: string;
  message_id: string;
  message_type: string;
  thread_id: string | null;
  revision: string | null;
}

/** An acknowledgement, whichever way it came. */
export interface Acknowledgement {
  verdict: Report | 'in_progress';
  names: NamesAtDsp;
  reason: string | null;
  /** As it was received. */
  bytes: Buffer;
  fileName: string | null;
  /** What makes it the same acknowledgement when it comes again. */
  dedupeKey: string;
}

const columns = 'uuid, tenant_uuid, delivery_uuid, release_uuid, dsp, message_id, message_type, thread_id, revision';

/** Finds what an acknowledgement is about, keeps it, and lets the delivery take its step: once for each. */
@Injectable()
export class ApplyAcknowledgement {
  constructor(private readonly deliveries: DeliveryStore) {}

  /** The message of this id that was sent to this DSP, in any tenant. */
  async byMessageId(data: Data, dsp: string, messageId: string): Promise<AcknowledgedMessage | undefined> {
    const [row] = await data.system((tx) =>
      tx.query<AcknowledgedMessage>(`select ${columns} from messages where direction = 'sent' and message_id = $1 and dsp = $2`, [
        messageId,
        dsp,
      ]),
    );
    return row;
  }

  /**
   * The last message about a release, by the id in the path of its files.
   * @param date YYYY-MM-DD of the path, in UTC
   */
  async byPath(data: Data, dsp: string, releaseId: string, date: string | null): Promise<AcknowledgedMessage | undefined> {
    const [row] = await data.system((tx) =>
      tx.query<AcknowledgedMessage>(
        `select ${columns} from messages where direction = 'sent' and dsp = $1 and release_identifier = $2
           and ($3::date is null or (created_at at time zone 'UTC')::date = $3::date) order by created_at desc limit 1`,
        [dsp, releaseId, date],
      ),
    );
    return row;
  }

  /** Keeps the acknowledgement and moves the delivery, in a transaction of the message's tenant. False when it was known already. */
  async apply(tx: Tx, message: AcknowledgedMessage, acknowledgement: Acknowledgement): Promise<boolean> {
    const { verdict, names, reason, bytes, fileName, dedupeKey } = acknowledgement;
    const row = await this.deliveries.lock(tx, message.delivery_uuid);
    const kept = await tx.query(
      `insert into messages (uuid, tenant_uuid, delivery_uuid, release_uuid, dsp, direction, message_type, message_id, thread_id, state,
         file_name, content, sha256, error_message, created_at, dedupe_key)
       values ($1, $2, $3, $4, $5, 'received', 'Acknowledgement', $6, $7, $8, $9, $10, $11, $12, clock_timestamp(), $13)
       on conflict (dsp, dedupe_key) where direction = 'received' do nothing returning 1`,
      [
        uuidv7(),
        message.tenant_uuid,
        message.delivery_uuid,
        message.release_uuid,
        message.dsp,
        message.message_id,
        message.thread_id,
        verdict,
        fileName,
        bytes,
        createHash('sha256').update(bytes).digest('hex'),
        verdict === 'rejected' ? reason : null,
        dedupeKey,
      ],
    );
    if (kept.length === 0) return false;
    if (verdict === 'in_progress') return true;
    const { acceptedBefore, superseded } = await this.historyOf(tx, message);
    const step = onReport({ status: row.status, acceptedBefore, superseded }, verdict);
    if (!step) return true;
    if (step.stages.includes('accepted')) await tx.query('update messages set accepted_at = now() where uuid = $1', [message.uuid]);
    await this.deliveries.move(tx, row, step, {
      messageId: message.message_id,
      threadId: message.thread_id,
      messageType: message.message_type,
      revision: message.revision === null ? null : Number(message.revision),
      reason,
      ...names,
    });
    return true;
  }

  private async historyOf(tx: Tx, message: AcknowledgedMessage): Promise<{ acceptedBefore: boolean; superseded: boolean }> {
    const [row] = await tx.query<{ accepted: boolean; superseded: boolean }>(
      `select m.accepted_at is not null as accepted, exists (
         select from messages newer where newer.direction = 'sent' and newer.delivery_uuid = m.delivery_uuid
           and newer.created_at > m.created_at) as superseded
       from messages m where m.uuid = $1`,
      [message.uuid],
    );
    return { acceptedBefore: row?.accepted ?? false, superseded: row?.superseded ?? false };
  }
}
