import { Injectable } from '@nestjs/common';
import type { Tx } from '@tonegrid/data';
import type { ReceivedEvent } from '@tonegrid/events';
import { Handles } from '@tonegrid/service';
import { JobStore } from '../jobs/job.store';

interface ReleaseCreated {
  release_uuid: string;
  title: string;
  ingestion_job_uuid?: string | null;
  track_count: number;
  source: string;
}

/**
 * A release came of a job: the job stands in the log, also when the process that took it in was killed between the
 * catalogue's commit and its own.
 */
@Handles({ durable: 'ingestion-release-created', filter: ['release.created'] })
@Injectable()
export class OnReleaseCreated {
  constructor(private readonly jobs: JobStore) {}

  async handle(tx: Tx, event: ReceivedEvent): Promise<void> {
    const release = event.data as ReleaseCreated;
    if (!release.ingestion_job_uuid) return;
    await this.jobs.accept(tx, {
      uuid: release.ingestion_job_uuid,
      tenantUuid: event.tenantUuid,
      source: release.source,
      releaseUuid: release.release_uuid,
      title: release.title,
      trackCount: release.track_count,
    });
  }
}
