import type { MessageInitShape } from '@bufbuild/protobuf';
import { Inject, Injectable } from '@nestjs/common';
import { CatalogService, type CreateReleaseTreeRequest, type CreateReleaseTreeResponseSchema } from '@tonegrid/contracts';
import { Data, isUniqueViolation, Together } from '@tonegrid/data';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { activeTraceparent, audited, Outbox, type DomainEvent } from '@tonegrid/events';
import { addressRules, type AddressRules } from '@tonegrid/outbound';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import { FileFetches, type FileToFetch } from '../assets/file-fetches';
import type { CatalogConfig } from '../config';
import { Minting } from '../identifiers/minting';
import { DefaultDsps } from './default-dsps';
import type { Draft } from './parse-release';
import { parseTree } from './parse-tree';
import { ReleaseMessages } from './release-messages';
import type { ReleaseView } from './release-row';
import { releaseOfJob, viewRelease } from './release.store';
import { needsOf, writeReleases, type ToWrite } from './write-release';

/**
 * Makes a release with its tracks, artists, DSPs and the files to fetch for it in one transaction, which under load it shares with others of the tenant. The ingestion
 * job's uuid takes the place of an Idempotency-Key: however often a job asks, before or after a crash of either side, there is one release.
 */
@Rpc(CatalogService.method.createReleaseTree)
@Injectable()
export class CreateReleaseTree {
  private readonly writing: Together<ToWrite, ReleaseView>;
  private readonly addresses: AddressRules;

  constructor(
    private readonly data: Data,
    outbox: Outbox,
    private readonly minting: Minting,
    private readonly defaults: DefaultDsps,
    private readonly registry: DspRegistry,
    private readonly messages: ReleaseMessages,
    fetches: FileFetches,
    @Inject(CONFIG) config: CatalogConfig,
  ) {
    this.addresses = addressRules(config);
    this.writing = new Together(data, async (tx, all) => {
      const views = await writeReleases(tx, outbox, all);
      await fetches.add(
        tx,
        views.flatMap((view, n) => filesOf(all[n]!.draft, view)),
      );
      return views;
    });
  }

  async run(caller: Caller, request: CreateReleaseTreeRequest): Promise<MessageInitShape<typeof CreateReleaseTreeResponseSchema>> {
    const { registry, addresses } = this;
    const parsed = parseTree(request, { tenantName: caller.tenantName, registry, addresses, year: new Date().getUTCFullYear() });
    const draft = { ...parsed, dsps: await this.defaults.unless(caller, parsed.dsps) };
    try {
      const audit = (release: ReleaseView) => ingested(caller, draft, release);
      const row = await this.minting.with(caller, needsOf(draft), (minted) =>
        this.writing.run(caller, { draft, minted, audit, traceparent: activeTraceparent() }),
      );
      return { release: this.messages.release(row) };
    } catch (error) {
      // Asked again, the job meets its own release, by its number or by the UPC. Looked up only now, because nearly every job asks once.
      if (!isUniqueViolation(error, 'releases_ingestion_job') && !(error instanceof Refused && error.code === 'release.upc_taken'))
        throw error;
      const made = await this.madeBefore(caller, request.ingestionJobUuid);
      if (!made) throw error;
      return { release: this.messages.release(made) };
    }
  }

  private madeBefore(caller: Caller, jobUuid: string): Promise<ReleaseView | undefined> {
    return this.data.transaction(caller, async (tx) => {
      const uuid = await releaseOfJob(tx, jobUuid);
      return uuid === undefined ? undefined : viewRelease(tx, uuid);
    });
  }
}

/** The files of a draft, for the release that was made of it; its tracks are known by their positions. */
function filesOf({ artworkUrl, tracks }: Draft, view: ReleaseView): FileToFetch[] {
  const releaseUuid = view.uuid;
  const byPosition = new Map(tracks.map(({ fields, audioUrl }) => [fields.position, audioUrl]));
  const audio = (view.tracks ?? []).flatMap(([trackUuid, , position]) => {
    const url = byPosition.get(position) ?? null;
    return url === null ? [] : [{ releaseUuid, trackUuid, url }];
  });
  return artworkUrl === null ? audio : [...audio, { releaseUuid, trackUuid: null, url: artworkUrl }];
}

/** What the audit log gets to know of a release from outside: here, since the job of a killed ingestion is written by nobody's request. */
const ingested = (caller: Caller, { source, ingestionJobUuid, tracks }: Draft, { uuid, title, upc, dsps }: ReleaseView): DomainEvent =>
  audited(caller, {
    action: 'release.ingested',
    target: `release:${uuid}`,
    after: { title, upc, tracks: tracks.length, dsps, source, ingestion_job: ingestionJobUuid },
  });
