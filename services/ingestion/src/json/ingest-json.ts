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
import { Data, Together, type Tx } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { activeTraceparent } from '@tonegrid/events';
import { Changes } from '@tonegrid/idempotency';
import { Rpc, type Caller, type RpcClient } from '@tonegrid/rpc';
import { CONFIG, clientOf, type BaseConfig } from '@tonegrid/service';
import { v7 as uuidv7 } from 'uuid';
import { JobStore, type AcceptedJob, type RejectedJob } from '../jobs/job.store';
import { jobUuid } from './job-uuid';
import { Turns } from './turns';

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
  /** Whoever has a key holds a connection while he waits for the catalogue: half of them, so that when it is slow the rest goes on. */
  private readonly turns: Turns;

  constructor(
    @Inject(CONFIG) { DATABASE_POOL_SIZE }: Pick<BaseConfig, 'DATABASE_POOL_SIZE'>,
    private readonly changes: Changes,
    private readonly data: Data,
    private readonly jobs: JobStore,
    @Inject(clientOf(CatalogService)) private readonly catalog: RpcClient<typeof CatalogService>,
  ) {
    this.turns = new Turns(Math.max(1, Math.floor(DATABASE_POOL_SIZE / 2)));
    this.accepting = new Together(data, async (tx, accepted) => {
      await jobs.accept(tx, accepted);
      return accepted.map(() => undefined);
    });
  }

  async run(caller: Caller, request: IngestJsonRequest) {
    const draft = request.draft!;
    const job = jobUuid(caller.tenantUuid, caller.idempotency);
    const reject = (tx: Tx, refused: Refused) => this.jobs.reject(tx, rejected(caller, job, draft, refused));
    // With a key the job stands in the transaction of the key's record; without one, it may share a transaction.
    if (!caller.idempotency) {
      try {
        const made = await this.create(caller, job, draft);
        await this.accepting.run(caller, accepted(caller, made));
        return answer(made);
      } catch (error) {
        if (error instanceof Refused && error.status < 500) await this.data.transaction(caller, (tx) => reject(tx, error));
        throw error;
      }
    }
    const work = async (tx: Tx) => {
      const made = await this.create(caller, job, draft);
      await this.jobs.accept(tx, [accepted(caller, made)]);
      return answer(made);
    };
    return this.turns.take(() => this.changes.run(caller, IngestJsonResponseSchema, work, reject), caller.signal);
  }

  private async create(caller: Caller, job: string, draft: ReleaseDraft): Promise<Made> {
    // The catalogue's own protection is the job; the key protects this service's answer.
    const plain = { ...caller, idempotency: undefined };
    const create = async (ingestionJobUuid: string): Promise<Made> => {
      const { release } = await this.catalog.createReleaseTree(plain, { draft, ingestionJobUuid, source });
      return { job: ingestionJobUuid, release: release! };
    };
    const made = await create(job);
    // The same key and body as a day ago: by then the key was free again, so this is another release.
    return caller.idempotency && isOlderThanKey(made.release) ? create(uuidv7()) : made;
  }
}

interface Made {
  job: string;
  release: Release;
}

const isOlderThanKey = (release: Release): boolean =>
  release.createdAt !== undefined && Date.now() - timestampDate(release.createdAt).getTime() > keyLifeMs;

const accepted = ({ tenantUuid }: Caller, { job, release: { uuid, title, tracks } }: Made): AcceptedJob => ({
  uuid: job,
  tenantUuid,
  source,
  releaseUuid: uuid,
  title,
  trackCount: tracks.length,
  traceparent: activeTraceparent(),
});

const rejected = ({ tenantUuid }: Caller, job: string, { title, tracks }: ReleaseDraft, refused: Refused): RejectedJob => ({
  uuid: job,
  tenantUuid,
  source,
  title,
  trackCount: tracks.length,
  refused,
});

function answer({ job, release }: Made) {
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
