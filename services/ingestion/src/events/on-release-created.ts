import { Injectable } from '@nestjs/common';
import { Data, Gather, type Tx } from '@tonegrid/data';
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

/** How old an event is before its job is looked for, milliseconds: by then whoever made the release has nearly always logged it. */
const patience = 2_000;

/**
 * A release came of a job: the job stands in the log, also when the process that took it in was killed between the
 * catalogue's commit and its own. This is the net below `IngestJson`, which writes the job itself.
 */
@Handles({ durable: 'ingestion-release-created', filter: ['release.created'], concurrency: 512 })
@Injectable()
export class OnReleaseCreated {
  private readonly logged: Gather<string, boolean>;

  constructor(
    private readonly jobs: JobStore,
    data: Data,
  ) {
    this.logged = new Gather((jobs) => whetherLogged(data, jobs));
  }

  /** False when the job stands in the log as accepted. */
  async wanted(event: ReceivedEvent): Promise<boolean> {
    const { ingestion_job_uuid: job } = event.data as ReleaseCreated;
    if (!job) return false;
    const age = Date.now() - event.time.getTime();
    if (age < patience) await new Promise((resolve) => setTimeout(resolve, Math.min(patience, patience - age)));
    return !(await this.logged.get(job));
  }

  async handle(tx: Tx, event: ReceivedEvent): Promise<void> {
    const release = event.data as ReleaseCreated;
    if (!release.ingestion_job_uuid) return;
    await this.jobs.accept(tx, [
      {
        uuid: release.ingestion_job_uuid,
        tenantUuid: event.tenantUuid,
        source: release.source,
        releaseUuid: release.release_uuid,
        title: release.title,
        trackCount: release.track_count,
      },
    ]);
  }
}

async function whetherLogged(data: Data, jobs: string[]): Promise<boolean[]> {
  const rows = await data.systemRead<{ uuid: string }>(
    `select uuid from jobs where uuid = any($1::uuid[]) and state <> 'rejected'`,
    [jobs],
    'whether_logged',
  );
  const logged = new Set(rows.map(({ uuid }) => uuid));
  return jobs.map((job) => logged.has(job));
}
