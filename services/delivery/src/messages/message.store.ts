import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { context, propagation } from '@opentelemetry/api';
import type { Data, Tx } from '@tonegrid/data';
import { v7 as uuidv7 } from 'uuid';
import type { DeliveryRow } from '../deliveries/delivery.store';

/** A file that travels with a message. */
export interface Resource {
  /** `resources/<file>`. */
  path: string;
  storageKey: string;
  /** Hexadecimal. */
  md5: string;
  /** Bytes. */
  size: number;
}

/** A message to a DSP, as a worker needs it. */
export interface OutgoingMessage {
  uuid: string;
  tenant_uuid: string;
  delivery_uuid: string;
  release_uuid: string;
  dsp: string;
  message_type: string;
  message_id: string;
  thread_id: string;
  is_update: boolean;
  ern_version: string | null;
  file_name: string | null;
  /** Null until it is rendered; then these bytes are sent, whatever becomes of the release. */
  content: Buffer | null;
  sha256: string | null;
  resources: Resource[] | null;
  release_identifier: string | null;
  /** int8 comes as text. */
  revision: string | null;
  attempts: number;
  created_at: Date;
  traceparent: string | null;
}

/** What rendering gave. */
export interface Rendered {
  content: Buffer;
  sha256: string;
  ernVersion: string;
  fileName: string;
  resources: Resource[];
  releaseIdentifier: string;
  revision: number;
}

/** A claim on a message: who has it, and for how long without a sign of life. */
export interface Lease {
  owner: string;
  ms: number;
}

const outgoing = `uuid, tenant_uuid, delivery_uuid, release_uuid, dsp, message_type, message_id, thread_id, is_update, ern_version, file_name,
  content, sha256, resources, release_identifier, revision, attempts, created_at, traceparent`;

/** Every query about messages that are sent. */
@Injectable()
export class MessageStore {
  /**
   * Queues a NewReleaseMessage. Its id and time are decided here, once: every attempt sends the same bytes into the same folder.
   * @param createdAt distinct to the millisecond among the messages of one release, because folders are named by it
   */
  async queue(tx: Tx, delivery: DeliveryRow, message: { threadId: string; isUpdate: boolean; createdAt: Date }): Promise<string> {
    const carrier: { traceparent?: string } = {};
    propagation.inject(context.active(), carrier);
    const messageId = `TG-${randomBytes(16).toString('hex')}`;
    await tx.query(
      `insert into messages (uuid, tenant_uuid, delivery_uuid, release_uuid, dsp, direction, message_type, message_id, thread_id, state,
         is_update, created_at, next_attempt_at, traceparent)
       values ($1, $2, $3, $4, $5, 'sent', 'NewReleaseMessage', $6, $7, 'queued', $8, $9, now(), $10)`,
      [
        uuidv7(),
        delivery.tenant_uuid,
        delivery.uuid,
        delivery.release_uuid,
        delivery.dsp,
        messageId,
        message.threadId,
        message.isUpdate,
        message.createdAt,
        carrier.traceparent ?? null,
      ],
    );
    return messageId;
  }

  /** Which of these deliveries have a message that is queued or under way, and which had any message at all. */
  async stateOf(tx: Tx, deliveries: string[]): Promise<{ busy: Set<string>; told: Set<string> }> {
    const rows = await tx.query<{ delivery_uuid: string; busy: boolean }>(
      `select delivery_uuid, bool_or(state = 'queued') as busy from messages
       where direction = 'sent' and delivery_uuid = any($1::uuid[]) group by delivery_uuid`,
      [deliveries],
    );
    return {
      busy: new Set(rows.filter(({ busy }) => busy).map((row) => row.delivery_uuid)),
      told: new Set(rows.map((row) => row.delivery_uuid)),
    };
  }

  /**
   * Takes the message that has been due for longest, unless its DSP is among `resting` or has `perDsp` messages under way
   * already (in any process). A claim counts as an attempt, so that a message which kills its worker does not do so for ever.
   */
  claim(data: Data, lease: Lease, resting: readonly string[], perDsp: number): Promise<OutgoingMessage | undefined> {
    return data.system(async (tx) => {
      // One at a time, because the limit counts what others have just taken.
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('delivery:claim', 0))`);
      const [row] = await tx.query<OutgoingMessage>(
        `update messages set lease_owner = $1, leased_until = now() + $2 * interval '1 millisecond', attempts = attempts + 1
         where uuid = (
           select m.uuid from messages m
           where m.direction = 'sent' and m.state = 'queued' and m.next_attempt_at <= now()
             and (m.leased_until is null or m.leased_until <= now()) and m.dsp <> all($3::text[])
             and $4 > (select count(*) from messages busy where busy.direction = 'sent' and busy.state = 'queued' and busy.dsp = m.dsp
                       and busy.leased_until > now())
           order by m.next_attempt_at limit 1 for update skip locked)
         returning ${outgoing}`,
        [lease.owner, lease.ms, resting, perDsp],
      );
      return row;
    });
  }

  /** Keeps a claim alive; false when it has passed to another worker. */
  async keep(data: Data, uuid: string, lease: Lease): Promise<boolean> {
    const rows = await data.system((tx) =>
      tx.query(
        `update messages set leased_until = now() + $3 * interval '1 millisecond' where uuid = $1 and lease_owner = $2 and state = 'queued' returning 1`,
        [uuid, lease.owner, lease.ms],
      ),
    );
    return rows.length > 0;
  }

  /** Stores what was rendered; false when the claim is lost. */
  async saveRendered(data: Data, message: OutgoingMessage, lease: Lease, rendered: Rendered): Promise<boolean> {
    const rows = await data.transaction({ tenantUuid: message.tenant_uuid }, (tx) =>
      tx.query(
        `update messages set content = $3, sha256 = $4, ern_version = $5, file_name = $6, resources = $7, release_identifier = $8, revision = $9
         where uuid = $1 and lease_owner = $2 and content is null returning 1`,
        [
          message.uuid,
          lease.owner,
          rendered.content,
          rendered.sha256,
          rendered.ernVersion,
          rendered.fileName,
          JSON.stringify(rendered.resources),
          rendered.releaseIdentifier,
          rendered.revision,
        ],
      ),
    );
    return rows.length > 0;
  }

  /** The message is at the DSP; false when the claim is lost. */
  async markSent(tx: Tx, uuid: string, lease: Lease): Promise<boolean> {
    const rows = await tx.query(
      `update messages set state = 'sent', sent_at = now(), error_message = null, lease_owner = null, leased_until = null
       where uuid = $1 and lease_owner = $2 and state = 'queued' returning 1`,
      [uuid, lease.owner],
    );
    return rows.length > 0;
  }

  /** The message is given up; false when the claim is lost. */
  async markFailed(tx: Tx, uuid: string, lease: Lease, problem: string): Promise<boolean> {
    const rows = await tx.query(
      `update messages set state = 'failed', error_message = $3, lease_owner = null, leased_until = null
       where uuid = $1 and lease_owner = $2 and state = 'queued' returning 1`,
      [uuid, lease.owner, problem],
    );
    return rows.length > 0;
  }

  /**
   * Gives the message back for a later attempt; false when the claim is lost.
   * @param counted false when the attempt does not count: what failed was ours (another service, a stopping worker)
   */
  async postpone(tx: Tx, uuid: string, lease: Lease, afterMs: number, problem: string | null, counted: boolean): Promise<boolean> {
    const rows = await tx.query(
      `update messages set next_attempt_at = now() + $3 * interval '1 millisecond', error_message = coalesce($4, error_message),
         attempts = attempts - $5, lease_owner = null, leased_until = null
       where uuid = $1 and lease_owner = $2 and state = 'queued' returning 1`,
      [uuid, lease.owner, Math.round(afterMs), problem, counted ? 0 : 1],
    );
    return rows.length > 0;
  }

  /** Messages that wait or are under way, by DSP. */
  async depth(data: Data): Promise<{ dsp: string; count: number }[]> {
    const rows = await data.system((tx) =>
      tx.query<{ dsp: string; count: string }>(
        `select dsp, count(*) as count from messages where direction = 'sent' and state = 'queued' group by dsp`,
      ),
    );
    return rows.map(({ dsp, count }) => ({ dsp, count: Number(count) }));
  }
}
