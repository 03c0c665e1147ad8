import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import {
  CatalogService,
  IngestionService,
  IngestJsonResponseSchema,
  type IngestJsonRequest,
  type Release,
  type ReleaseDraft,
} from '@tonegrid/contracts';
import { Data, Together } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { activeTraceparent } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller, type RpcClient } from '@tonegrid/rpc';
import { clientOf } from '@tonegrid/service';
import { v7 as uuidv7 } from 'uuid';
import { JobStore, type AcceptedJob } from '../jobs/job.store';
import { jobUuid } from './job-uuid';

const source = 'rest_json';
/** How long an Idempotency-Key holds; milliseconds. */
const keyLifeMs = 24 * 3600_000;

/**
 * `POST /ingestion/json`: one release with its tracks, made by the catalogue in one transaction. The catalogue makes one
 * release per job, so a crash at any line is put right by the retry, or, without one, by `OnReleaseCreated`.
 */
@Rpc(IngestionService.method.ingestJson)
@Injectable()
export class IngestJson {
  private readonly accepting: Together<AcceptedJob, void>;

  constructor(
    private readonly changes: Changes,
    private readonly data: Data,
    private readonly jobs: JobStore,
    @Inject(clientOf(CatalogService)) private readonly catalog: RpcClient<typeof CatalogService>,
  ) {
    this.accepting = new Together(data, async (tx, accepted) => {
      await jobs.accept(tx, accepted);
      return accepted.map(() => undefined);
    });
  }

  async run(caller: Caller, request: IngestJsonRequest) {
    const draft = request.draft!;
    // With a key the job stands in the transaction of the key's record; without one, it may share a transaction.
    if (!caller.idempotency) {
      const { job, release } = await this.create(caller, draft);
      await this.accepting.run(caller, accepted(caller, job, release));
      return answer(job, release);
    }
    return this.changes.run(caller, IngestJsonResponseSchema, async (tx) => {
      const { job, release } = await this.create(caller, draft);
      await this.jobs.accept(tx, [accepted(caller, job, release)]);
      return answer(job, release);
    });
  }

  private async create(caller: Caller, draft: ReleaseDraft): Promise<{ job: string; release: Release }> {
    // The catalogue's own protection is the job; the key protects this service's answer.
    const plain = { ...caller, idempotency: undefined };
    let job = jobUuid(caller.tenantUuid, caller.idempotency);
    try {
      let { release } = await this.catalog.createReleaseTree(plain, { draft, ingestionJobUuid: job, source });
      if (caller.idempotency && isOlderThanKey(release!)) {
        // The same key and body as a day ago: by then the key was free again, so this is another release.
        job = uuidv7();
        ({ release } = await this.catalog.createReleaseTree(plain, { draft, ingestionJobUuid: job, source }));
      }
      return { job, release: release! };
    } catch (error) {
      if (error instanceof Refused && error.status < 500) await this.reject(caller, job, draft, error);
      throw error;
    }
  }

  /** In a transaction of its own, because the one of the change is undone by the refusal. */
  private reject(caller: Caller, job: string, draft: ReleaseDraft, refused: Refused): Promise<void> {
    const rejected = { uuid: job, tenantUuid: caller.tenantUuid, source, title: draft.title, trackCount: draft.tracks.length, refused };
    return this.data.transaction(caller, (tx) => this.jobs.reject(tx, rejected));
  }
}

const isOlderThanKey = (release: Release): boolean =>
  release.createdAt !== undefined && Date.now() - timestampDate(release.createdAt).getTime() > keyLifeMs;

const accepted = ({ tenantUuid }: Caller, job: string, { uuid, title, tracks }: Release): AcceptedJob => ({
  uuid: job,
  tenantUuid,
  source,
  releaseUuid: uuid,
  title,
  trackCount: tracks.length,
  traceparent: activeTraceparent(),
});

function answer(job: string, release: Release) {
  return {
    message: `Release ingested via ${source} — ${release.tracks.length} tracks created.`,
    data: {
      ingestionJobId: job,
      release: {
        uuid: release.uuid,
        title: release.title,
        type: release.type,
        status: release.status,
        upc: release.upc,
        releaseDate: release.releaseDate,
        warnings: release.warnings,
      },
      tracks: release.tracks.map(({ uuid, title, position, isrc }) => ({ uuid, title, position, isrc })),
    },
  };
}
