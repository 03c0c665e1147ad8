import { Injectable } from '@nestjs/common';
import { IngestionService, type GetJobRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { jobColumns, toJob, type JobRow } from './job';

/** `GET /ingestion/jobs/:uuid`. */
@Rpc(IngestionService.method.getJob)
@Injectable()
export class GetJob {
  constructor(private readonly data: Data) {}

  async run(caller: Caller, request: GetJobRequest) {
    const [row] = await this.data.read<JobRow>(caller, `select ${jobColumns} from jobs j where j.uuid = $1`, [request.uuid], 'job');
    if (!row) throw new Refused('ingestion.job_not_found');
    return { data: toJob(row) };
  }
}
