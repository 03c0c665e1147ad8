import { Injectable } from '@nestjs/common';
import { IngestionService, type ListJobsRequest } from '@tonegrid/contracts';
import { envelopePage, newestFirst, Pages } from '@tonegrid/data';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { jobColumns, sourceWords, stateWords, toJob, type JobRow } from './job';

/** `GET /ingestion/jobs`: newest first, by source, state and day. */
@Rpc(IngestionService.method.listJobs)
@Injectable()
export class ListJobs {
  constructor(private readonly pages: Pages) {}

  async run(caller: Caller, request: ListJobsRequest) {
    const source = sourceWords.word(request.source);
    const state = stateWords.word(request.state);
    const page = await this.pages.list<JobRow>(caller, request, {
      name: 'ingestion-jobs',
      select: jobColumns,
      from: 'jobs j',
      tenant: 'j.tenant_uuid',
      order: newestFirst('j'),
      where: {
        source: source && ['j.source = $1', source],
        state: state && ['j.state = $1', state],
        from: request.from && [`j.created_at >= $1::date at time zone 'UTC'`, request.from],
        to: request.to && [`j.created_at < ($1::date + 1) at time zone 'UTC'`, request.to],
      },
    });
    return { data: page.rows.map(toJob), ...envelopePage(page) };
  }
}
