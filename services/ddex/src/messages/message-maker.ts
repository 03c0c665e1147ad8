import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CatalogService, DeliveryService, type GetReleaseSnapshotResponse } from '@tonegrid/contracts';
import {
  buildNotification,
  buildPurge,
  lossesInWords,
  messageIdFrom,
  purgeMessageIdFrom,
  writeNewRelease,
  writePurge,
  type Built,
  type NotifiedFile,
  type PurgeNotification,
  type ReleaseForDsp,
  type ReleaseNotification,
  type Written,
} from '@tonegrid/ddex';
import { DspRegistry, hyphenSlug, type Dsp } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import type { Caller, RpcClient } from '@tonegrid/rpc';
import { clientOf, CONFIG } from '@tonegrid/service';
import type { DdexConfig } from '../config';
import { lastChange, toReleaseForDsp } from './to-release-for-dsp';

/** A rendered message. */
export interface Rendered {
  dsp: Dsp;
  snapshot: GetReleaseSnapshotResponse;
  /** What had to be supplied, dropped or corrected, and what the DSP's version of ERN cannot say, in sentences. */
  warnings: string[];
  xml: string;
  /** Hexadecimal SHA-256 of the UTF-8 bytes. */
  sha256: string;
  sizeBytes: number;
}

/** A rendered NewReleaseMessage, and the files that travel with it. */
export interface Made extends Rendered {
  notification: Built<ReleaseNotification>['notification'];
  files: NotifiedFile[];
}

/** A rendered PurgeReleaseMessage. */
export interface MadePurge extends Rendered {
  purge: Built<PurgeNotification>['notification'];
}

/** Makes the messages about a release for a DSP, in its version of ERN, from what the catalogue says now. */
@Injectable()
export class MessageMaker {
  constructor(
    @Inject(CONFIG) private readonly config: DdexConfig,
    private readonly registry: DspRegistry,
    @Inject(clientOf(CatalogService)) private readonly catalog: RpcClient<typeof CatalogService>,
    @Inject(clientOf(DeliveryService)) private readonly delivery: RpcClient<typeof DeliveryService>,
  ) {}

  /**
   * The NewReleaseMessage.
   * @param message id and time (RFC 3339) that the message bears; without it those of a preview: they follow from the
   *   release, so that an unchanged release gives the same bytes
   * Refuses with `release.not_found`, `dsp.not_found` and `dsp.not_attached`.
   */
  async make(caller: Caller, uuid: string, slug: string, message?: { id: string; createdAt: string }): Promise<Made> {
    const { snapshot, dsp } = await this.subject(caller, uuid, slug);
    const { notification, files, warnings } = buildNotification(
      this.input(snapshot, dsp, message ?? { id: messageIdFrom(previewSeed(uuid, dsp, snapshot)), createdAt: lastChange(snapshot) }),
    );
    return { ...rendered(dsp, snapshot, warnings, writeNewRelease(notification, dsp.ern_version)), notification, files };
  }

  /**
   * The PurgeReleaseMessage, as a preview, on the thread of the messages that were sent before. Refuses as `make` does. For a
   * DSP that takes no purge it is made all the same, with a warning.
   */
  async makePurge(caller: Caller, uuid: string, slug: string): Promise<MadePurge> {
    const { snapshot, dsp } = await this.subject(caller, uuid, slug);
    const { threadId } = await this.delivery.getConversation(caller, { uuid, dspSlug: dsp.slug });
    const { notification, warnings } = buildPurge(
      this.input(snapshot, dsp, {
        id: purgeMessageIdFrom(previewSeed(uuid, dsp, snapshot)),
        createdAt: lastChange(snapshot),
        ...(threadId === undefined ? {} : { threadId }),
      }),
    );
    if (!dsp.accepts_purge) warnings.push(`${dsp.name} takes no PurgeReleaseMessage: a takedown ends the release's deals there`);
    return { ...rendered(dsp, snapshot, warnings, writePurge(notification, dsp.ern_version)), purge: notification };
  }

  private async subject(caller: Caller, uuid: string, slug: string): Promise<{ snapshot: GetReleaseSnapshotResponse; dsp: Dsp }> {
    const snapshot = await this.catalog.getReleaseSnapshot(caller, { uuid, dspSlug: slug });
    const dsp = this.registry.get(slug);
    if (!dsp) throw new Refused('dsp.not_found', { params: { slug } });
    return { snapshot, dsp };
  }

  private input(snapshot: GetReleaseSnapshotResponse, dsp: Dsp, message: ReleaseForDsp['message']): ReleaseForDsp {
    return toReleaseForDsp(snapshot, {
      message,
      sender: { dpid: this.config.PLATFORM_DPID, name: this.config.PLATFORM_NAME },
      dsp: {
        slug: dsp.slug,
        name: dsp.name,
        dpid: this.registry.recipientDpid(dsp),
        ernVersion: dsp.ern_version,
        avsVersionId: dsp.avs_version,
        supportsAtmos: dsp.supports_atmos,
        animatedArtwork: dsp.animated_artwork,
        territories: this.registry.territoriesOf(dsp),
      },
    });
  }
}

const previewSeed = (uuid: string, dsp: Dsp, snapshot: GetReleaseSnapshotResponse): string =>
  `preview:${uuid}:${dsp.slug}:${snapshot.revision}`;

function rendered(dsp: Dsp, snapshot: GetReleaseSnapshotResponse, warnings: string[], { xml, losses }: Written): Rendered {
  const bytes = Buffer.from(xml);
  return {
    dsp,
    snapshot,
    warnings: [...warnings, ...lossesInWords(losses)],
    xml,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
  };
}

/** What previews and validations say of a message (reference, DDEX ERN 4.3 Pipeline). */
export const facts = ({ dsp, snapshot, xml, sha256, sizeBytes }: Rendered) => ({
  releaseId: snapshot.release!.uuid,
  dsp: { slug: hyphenSlug(dsp), name: dsp.name },
  ernVersion: dsp.ern_version,
  choreography: 'ERN-Direct',
  xml,
  sha256,
  sizeBytes: BigInt(sizeBytes),
});
