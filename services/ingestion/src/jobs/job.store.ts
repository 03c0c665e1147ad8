import { Injectable } from '@nestjs/common';
import { insertRows, type Tx } from '@tonegrid/data';
import type { Refused } from '@tonegrid/errors';
import { Outbox, type DomainEvent } from '@tonegrid/events';

interface Job {
  uuid: string;
  tenantUuid: string;
  source: string;
  title: string;
  trackCount: number;
  /** The span in which it came, as a W3C traceparent, when that is not the running one. */
  traceparent?: string | undefined;
}

/** A job that became a release. */
export interface AcceptedJob extends Job {
  releaseUuid: string;
}

/** A job that was refused. */
export interface RejectedJob extends Job {
  refused: Refused;
}

const columns = 'uuid, tenant_uuid, source, state, release_uuid, title, track_count, error_code, validation_errors';
const insertJobs = insertRows('jobs', columns, 7);
const told = 'returning uuid::text as subject';
/** The same request is refused one day and taken the next: then its job, which follows from key and body, is no longer a rejected one. */
const acceptJobs = {
  name: 'jobs_accept',
  text: `${insertJobs} on conflict (uuid) do update set state = excluded.state, release_uuid = excluded.release_uuid, title = excluded.title,
    track_count = excluded.track_count, error_code = null, validation_errors = excluded.validation_errors, updated_at = now()
    where jobs.state = 'rejected' ${told}`,
};
const rejectJobs = { name: 'jobs_reject', text: `${insertJobs} on conflict (uuid) do nothing ${told}` };

/** Writes the job log. A job is written once, whoever comes first, and its events with it; a rejected one may still be accepted. */
@Injectable()
export class JobStore {
  constructor(private readonly outbox: Outbox) {}

  /** The jobs and of each `ingestion.received`, `ingestion.accepted`; nothing of a job that is accepted already. Sent with the commit. */
  accept(tx: Tx, jobs: readonly AcceptedJob[]): Promise<void> {
    const rows = jobs.map((job) => ({ ...rowOf(job), state: 'accepted', release_uuid: job.releaseUuid, validation_errors: {} }));
    return this.write(
      tx,
      acceptJobs,
      rows,
      jobs.flatMap((job) => [
        event(job, 'ingestion.received'),
        event(job, 'ingestion.accepted', { release_uuid: job.releaseUuid, title: job.title, track_count: job.trackCount }),
      ]),
    );
  }

  /** The job and `ingestion.received`, `ingestion.rejected`; nothing when the job is there already. Sent with the commit. */
  reject(tx: Tx, job: RejectedJob): Promise<void> {
    const { code, message, fields = {} } = job.refused;
    return this.write(
      tx,
      rejectJobs,
      [{ ...rowOf(job), state: 'rejected', error_code: code, validation_errors: fields }],
      [event(job, 'ingestion.received'), event(job, 'ingestion.rejected', { error_code: code, error: message })],
    );
  }

  private write(tx: Tx, statement: { name: string; text: string }, rows: object[], events: DomainEvent[]): Promise<void> {
    return this.outbox.addWhere(tx, { ...statement, values: [JSON.stringify(rows)] }, events);
  }
}

const rowOf = ({ uuid, tenantUuid, source, title, trackCount }: Job) => ({
  uuid,
  tenant_uuid: tenantUuid,
  source,
  title,
  track_count: trackCount,
});

const event = (job: Job, type: string, data: object = {}): DomainEvent => ({
  type,
  subject: job.uuid,
  tenantUuid: job.tenantUuid,
  traceparent: job.traceparent,
  data: { ingestion_job_uuid: job.uuid, source: job.source, ...data },
});
