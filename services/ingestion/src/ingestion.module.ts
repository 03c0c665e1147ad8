import { Module } from '@nestjs/common';
import { OnReleaseCreated } from './events/on-release-created';
import { GetJob } from './jobs/get-job';
import { JobStore } from './jobs/job.store';
import { ListJobs } from './jobs/list-jobs';
import { IngestJson } from './json/ingest-json';

@Module({ providers: [GetJob, IngestJson, JobStore, ListJobs, OnReleaseCreated] })
export class IngestionModule {}
