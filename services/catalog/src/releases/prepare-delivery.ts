import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { CatalogService, type PrepareDeliveryRequest, type PrepareDeliveryResponseSchema } from '@tonegrid/contracts';
import { Data, type Tx } from '@tonegrid/data';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { Outbox } from '@tonegrid/events';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { overrideRows } from '../supply-chain/supply-chain.store';
import { hasAllAudio } from './release';
import { releaseDsps } from './release-dsp.store';
import { statusValue } from './release-messages';
import { lockRelease, submissionOf } from './release.store';
import { submit } from './submit';

/** How long a delivery waits for audio that is still being checked: a file of usual size takes less. */
const patienceMs = 5_000;
const lookEveryMs = 100;

/**
 * Makes a release ready for its delivery. Where nobody reviews, a draft that passes the gates is submitted and approved here,
 * in the same transaction; otherwise it must have been approved. Repeating it does no harm.
 */
@Rpc(CatalogService.method.prepareDelivery)
@Injectable()
export class PrepareDelivery {
  constructor(
    private readonly data: Data,
    private readonly outbox: Outbox,
    private readonly registry: DspRegistry,
  ) {}

  async run(caller: Caller, request: PrepareDeliveryRequest): Promise<MessageInitShape<typeof PrepareDeliveryResponseSchema>> {
    for (const end = Date.now() + patienceMs; ; await new Promise((resolve) => setTimeout(resolve, lookEveryMs))) {
      try {
        return await this.data.transaction(caller, (tx) => this.prepare(tx, caller, request));
      } catch (error) {
        const waits = error instanceof Refused && error.code === 'release.audio_processing' && Date.now() < end && !caller.signal?.aborted;
        if (!waits) throw error;
      }
    }
  }

  private async prepare(
    tx: Tx,
    caller: Caller,
    request: PrepareDeliveryRequest,
  ): Promise<MessageInitShape<typeof PrepareDeliveryResponseSchema>> {
    const release = await lockRelease(tx, request.uuid);
    const slugs = await this.targets(tx, request);
    const { audio } = await submissionOf(tx, release.uuid);
    let status = release.status;
    if (status === 'draft' && caller.reviewPolicy === 'auto') status = await submit(tx, this.outbox, caller, release);
    if (status !== 'approved' && status !== 'live') throw new Refused('release.not_approved');
    if (!hasAllAudio(audio)) throw new Refused('release.audio_missing', { field: 'audio' });
    if (audio.includes('processing')) throw new Refused('release.audio_processing', { retryAfterSeconds: 5 });
    const blocked = new Set((await overrideRows(tx, release.uuid)).filter((row) => row.is_blocked).map(({ dsp }) => dsp));
    return {
      releaseUuid: release.uuid,
      title: release.title,
      status: statusValue(status),
      targets: slugs.map((slug) => ({ slug, isBlocked: blocked.has(slug) })),
      revision: BigInt(release.revision),
    };
  }

  /** Canonical slugs of the DSPs asked for, all attached ones when none is. Throws `dsp.not_found`, `dsp.none_attached`, `dsp.not_attached`. */
  private async targets(tx: Tx, { uuid, dspSlugs }: PrepareDeliveryRequest): Promise<string[]> {
    const attached = (await releaseDsps(tx, uuid)).flatMap(({ dsp }) => (this.registry.get(dsp) ? [dsp] : []));
    const asked = dspSlugs.map((slug) => {
      const dsp = this.registry.get(slug);
      if (!dsp) throw new Refused('dsp.not_found', { params: { slug } });
      if (!attached.includes(dsp.slug)) throw new Refused('dsp.not_attached', { params: { slug } });
      return dsp.slug;
    });
    if (attached.length === 0) throw new Refused('dsp.none_attached');
    return asked.length > 0 ? [...new Set(asked)] : attached;
  }
}
