import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CatalogService, type GetReleaseSnapshotResponse } from '@tonegrid/contracts';
import { buildNotification, messageIdFrom, writeNewRelease43, type ReleaseNotification } from '@tonegrid/ddex';
import { DspRegistry, hyphenSlug, type Dsp } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import type { Caller, RpcClient } from '@tonegrid/rpc';
import { clientOf, CONFIG } from '@tonegrid/service';
import type { DdexConfig } from '../config';
import { lastChange, toReleaseForDsp } from './to-release-for-dsp';

/** A rendered message. */
export interface Made {
  dsp: Dsp;
  snapshot: GetReleaseSnapshotResponse;
  notification: ReleaseNotification;
  /** What had to be supplied, dropped or corrected, in sentences. */
  warnings: string[];
  xml: string;
  /** Hexadecimal SHA-256 of the UTF-8 bytes. */
  sha256: string;
  sizeBytes: number;
}

/** Makes the NewReleaseMessage of a release for a DSP from what the catalogue says now. */
@Injectable()
export class MessageMaker {
  constructor(
    @Inject(CONFIG) private readonly config: DdexConfig,
    private readonly registry: DspRegistry,
    @Inject(clientOf(CatalogService)) private readonly catalog: RpcClient<typeof CatalogService>,
  ) {}

  /**
   * @param message id and time (RFC 3339) that the message bears; without it those of a preview: they follow from the
   *   release, so that an unchanged release gives the same bytes
   * Refuses with `release.not_found`, `dsp.not_found` and `dsp.not_attached`.
   */
  async make(caller: Caller, uuid: string, slug: string, message?: { id: string; createdAt: string }): Promise<Made> {
    const snapshot = await this.catalog.getReleaseSnapshot(caller, { uuid, dspSlug: slug });
    const dsp = this.registry.get(slug);
    if (!dsp) throw new Refused('dsp.not_found', { params: { slug } });
    const { notification, warnings } = buildNotification(
      toReleaseForDsp(snapshot, {
        message: message ?? {
          id: messageIdFrom(`preview:${uuid}:${dsp.slug}:${snapshot.revision}`),
          createdAt: lastChange(snapshot),
        },
        sender: { dpid: this.config.PLATFORM_DPID, name: this.config.PLATFORM_NAME },
        dsp: {
          slug: dsp.slug,
          name: dsp.name,
          dpid: this.registry.recipientDpid(dsp),
          avsVersionId: dsp.avs_version,
          supportsAtmos: dsp.supports_atmos,
          territories: this.registry.territoriesOf(dsp),
        },
      }),
    );
    const xml = writeNewRelease43(notification);
    const bytes = Buffer.from(xml);
    return {
      dsp,
      snapshot,
      notification,
      warnings,
      xml,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: bytes.length,
    };
  }
}

/** What previews and validations say of a message (reference, DDEX ERN 4.3 Pipeline). */
export const facts = ({ dsp, snapshot, xml, sha256, sizeBytes }: Made) => ({
  releaseId: snapshot.release!.uuid,
  dsp: { slug: hyphenSlug(dsp), name: dsp.name },
  ernVersion: dsp.ern_version,
  choreography: 'ERN-Direct',
  xml,
  sha256,
  sizeBytes: BigInt(sizeBytes),
});
