import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import type { Refused } from '@tonegrid/errors';
import { Outbox } from '@tonegrid/events';

/** A job that became a release. */
export interface AcceptedJob {
  uuid: string;
  tenantUuid: string;
  source: string;
  releaseUuid: string;
  title: string;
  trackCount: number;
}

/** A job that was refused. */
export interface RejectedJob {
  uuid: string;
  tenantUuid: string;
  source: string;
  title: string;
  trackCount: number;
}

/** Writes the job log. A job is written once, whoever comes first, and its events with it. */
@Injectable()
export class JobStore {
  constructor(private readonly outbox: Outbox) {}

  /** The job and `ingestion.received`, `ingestion.accepted`; nothing when the job is there already. */
  async accept(tx: Tx, job: AcceptedJob): Promise<void> {
    const rows = await tx.query(
      `insert into jobs (uuid, tenant_uuid, source, state, release_uuid, title, track_count) values ($1, $2, $3, 'accepted', $4, $5, $6)
       on conflict (uuid) do nothing returning 1`,
      [job.uuid, job.tenantUuid, job.source, job.releaseUuid, job.title, job.trackCount],
      'job_accept',
    );
    if (rows.length === 0) return;
    const about = { ingestion_job_uuid: job.uuid, source: job.source };
    await this.outbox.addAll(tx, [
      { type: 'ingestion.received', subject: job.uuid, tenantUuid: job.tenantUuid, data: about },
      {
        type: 'ingestion.accepted',
        subject: job.uuid,
        tenantUuid: job.tenantUuid,
        data: { ...about, release_uuid: job.releaseUuid, title: job.title, track_count: job.trackCount },
      },
    ]);
  }

  /** The job and `ingestion.received`, `ingestion.rejected`; nothing when the job is there already. */
  async reject(tx: Tx, job: RejectedJob, refused: Refused): Promise<void> {
    const rows = await tx.query(
      `insert into jobs (uuid, tenant_uuid, source, state, title, track_count, error_code, validation_errors) values ($1, $2, $3, 'rejected', $4, $5, $6, $7)
       on conflict (uuid) do nothing returning 1`,
      [job.uuid, job.tenantUuid, job.source, job.title, job.trackCount, refused.code, JSON.stringify(refused.fields ?? {})],
    );
    if (rows.length === 0) return;
    const about = { ingestion_job_uuid: job.uuid, source: job.source };
    await this.outbox.addAll(tx, [
      { type: 'ingestion.received', subject: job.uuid, tenantUuid: job.tenantUuid, data: about },
      {
        type: 'ingestion.rejected',
        subject: job.uuid,
        tenantUuid: job.tenantUuid,
        data: { ...about, error_code: refused.code, error: refused.message },
      },
    ]);
  }
}
