import { Injectable } from '@nestjs/common';
import type { Data, Tx } from '@tonegrid/data';
import { DspRegistry, dspEventType } from '@tonegrid/dsp-registry';
import { Outbox } from '@tonegrid/events';
import { deliveriesTotal } from '../metrics';
import { deliveryUuid } from './delivery-uuid';
import type { DeliveryStatus, Stage, Step } from './status';

/** A row of `deliveries`. */
export interface DeliveryRow {
  uuid: string;
  tenant_uuid: string;
  release_uuid: string;
  dsp: string;
  status: DeliveryStatus;
  dsp_release_id: string | null;
  live_url: string | null;
  submitted_at: Date | null;
  live_at: Date | null;
  error_message: string | null;
  updated_at: Date;
}

/** What a stage's event says beside the release and the DSP. */
export interface StageFacts {
  messageId?: string | null;
  threadId?: string | null;
  /** NewReleaseMessage or PurgeReleaseMessage. */
  messageType?: string;
  /** Why it was rejected or has failed. */
  reason?: string | null;
  /** Revision of the release that the message told of. */
  revision?: number | null;
  /** How the DSP names the release. */
  dspReleaseId?: string | null;
  liveUrl?: string | null;
}

const columns = 'uuid, tenant_uuid, release_uuid, dsp, status, dsp_release_id, live_url, submitted_at, live_at, error_message, updated_at';

/** Every query about deliveries. A change of status and the events that tell of it are one call, in one transaction. */
@Injectable()
export class DeliveryStore {
  constructor(
    private readonly registry: DspRegistry,
    private readonly outbox: Outbox,
  ) {}

  /** Makes the rows that are missing, as pending, and locks all, in one order for everyone. */
  async lockAll(tx: Tx, tenantUuid: string, releaseUuid: string, dsps: string[]): Promise<DeliveryRow[]> {
    await this.ensure(tx, tenantUuid, releaseUuid, dsps);
    return tx.query<DeliveryRow>(
      `select ${columns} from deliveries where release_uuid = $1 and dsp = any($2::text[]) order by dsp for update`,
      [releaseUuid, dsps],
    );
  }

  /** Makes the rows that are missing, as pending. */
  async ensure(tx: Tx, tenantUuid: string, releaseUuid: string, dsps: string[]): Promise<void> {
    const sorted = [...dsps].sort();
    await tx.query(
      `insert into deliveries (uuid, tenant_uuid, release_uuid, dsp, status)
       select u, $1, $2, d, 'pending' from unnest($3::uuid[], $4::text[]) as r (u, d) on conflict (release_uuid, dsp) do nothing`,
      [tenantUuid, releaseUuid, sorted.map((dsp) => deliveryUuid(releaseUuid, dsp)), sorted],
    );
  }

  /** One delivery, locked. */
  async lock(tx: Tx, uuid: string): Promise<DeliveryRow> {
    const [row] = await tx.query<DeliveryRow>(`select ${columns} from deliveries where uuid = $1 for update`, [uuid]);
    if (!row) throw new Error(`delivery ${uuid} has no row`);
    return row;
  }

  listOfRelease(data: Data, tenant: { tenantUuid: string }, releaseUuid: string): Promise<DeliveryRow[]> {
    return data.read<DeliveryRow>(
      tenant,
      `select ${columns} from deliveries where release_uuid = $1`,
      [releaseUuid],
      'deliveries-of-release',
    );
  }

  /**
   * Moves a delivery to another status and tells of every stage on the way, each with a number of its own: clocks of processes differ,
   * the lock on the row puts the stages in order. The row must be locked.
   */
  async move(tx: Tx, row: DeliveryRow, step: Step, facts: StageFacts): Promise<void> {
    const fresh = step.stages.includes('submitted') || step.stages.includes('update_submitted');
    const failed = step.status === 'rejected' || step.status === 'failed';
    const [moved] = await tx.query<{ version: string }>(
      `update deliveries set status = $2, updated_at = now(), version = version + $7,
         submitted_at = case when $3 then now() else submitted_at end,
         live_at = case when $2 = 'live' then coalesce(live_at, now()) else live_at end,
         dsp_release_id = coalesce($4, dsp_release_id), live_url = coalesce($5, live_url), error_message = $6
       where uuid = $1 returning version`,
      [
        row.uuid,
        step.status,
        fresh,
        facts.dspReleaseId ?? null,
        facts.liveUrl ?? null,
        failed ? (facts.reason ?? null) : null,
        step.stages.length,
      ],
    );
    const before = Number(moved!.version) - step.stages.length;
    const known = { ...facts, dspReleaseId: facts.dspReleaseId ?? row.dsp_release_id, liveUrl: facts.liveUrl ?? row.live_url };
    await this.outbox.addAll(
      tx,
      step.stages.map((stage, at) => ({
        type: dspEventType({ slug: row.dsp }, stage),
        subject: row.release_uuid,
        tenantUuid: row.tenant_uuid,
        data: { ...this.told(row, stage, known), version: before + at + 1 },
      })),
    );
    tx.afterCommit(() => step.stages.forEach((stage) => deliveriesTotal.inc({ dsp: row.dsp, stage })));
  }

  /** What went wrong in an attempt that is repeated: shown, while the status stays. */
  async note(tx: Tx, uuid: string, problem: string | null): Promise<void> {
    await tx.query('update deliveries set error_message = $2, updated_at = now() where uuid = $1', [uuid, problem]);
  }

  /** The data of `release.dsp.<slug>.<stage>` as tonegrid.events.v1 has it. */
  private told(row: DeliveryRow, stage: Stage, facts: StageFacts): object {
    const about = {
      release_uuid: row.release_uuid,
      dsp: row.dsp,
      dsp_name: this.registry.get(row.dsp)?.name ?? row.dsp,
      delivery_uuid: row.uuid,
      message_id: facts.messageId ?? null,
      thread_id: facts.threadId ?? null,
    };
    switch (stage) {
      case 'rejected':
      case 'failed':
        return { ...about, reason: facts.reason ?? '' };
      case 'live':
        return {
          ...about,
          dsp_release_id: facts.dspReleaseId ?? null,
          live_url: facts.liveUrl ?? null,
          revision: facts.revision ?? null,
        };
      case 'updated':
        return { ...about, thread_continuation: true, revision: facts.revision ?? null };
      case 'taken_down':
        return { ...about, message_type: facts.messageType ?? 'NewReleaseMessage' };
      default:
        return about;
    }
  }
}
