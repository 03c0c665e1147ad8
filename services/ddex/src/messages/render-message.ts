import { Inject, Injectable } from '@nestjs/common';
import { DdexService, type RenderMessageRequest } from '@tonegrid/contracts';
import type { NotifiedFile, ReleaseIdentifiers } from '@tonegrid/ddex';
import { hyphenSlug } from '@tonegrid/dsp-registry';
import { invalid, Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import type { DdexConfig } from '../config';
import { MessageMaker } from './message-maker';
import { MessageValidator } from './message-validator';

/**
 * Internal: the message that is sent, proven. Refuses with `ddex.invalid` when it has errors; in production with
 * `ddex.schemas_missing` when the official schema could not be asked. The same request for an unchanged release gives the same bytes.
 */
@Rpc(DdexService.method.renderMessage)
@Injectable()
export class RenderMessage {
  constructor(
    @Inject(CONFIG) private readonly config: DdexConfig,
    private readonly maker: MessageMaker,
    private readonly validator: MessageValidator,
  ) {}

  async run(caller: Caller, request: RenderMessageRequest) {
    if (Number.isNaN(Date.parse(request.createdAt))) throw invalid({ created_at: ['The created at must be a time in RFC 3339.'] });
    const message = { id: request.messageId, createdAt: request.createdAt };
    const made = await this.maker.make(caller, request.uuid, request.dspSlug, message);
    const { dsp, notification, files, snapshot } = made;
    const report = await this.validator.validate(made.xml);
    if (!report.valid)
      throw new Refused('ddex.invalid', { params: { count: report.error_count, release: request.uuid, slug: hyphenSlug(dsp) } });
    if (!report.schema_checked && this.config.TONEGRID_ENV === 'production')
      throw new Refused('ddex.schemas_missing', { params: { version: dsp.ern_version } });
    return {
      xml: Buffer.from(made.xml),
      sha256: made.sha256,
      ernVersion: dsp.ern_version,
      threadId: notification.header.threadId,
      fileName: notification.header.fileName,
      resources: files.map(resourceOf),
      schemaChecked: report.schema_checked,
      schemaSkippedReason: report.schema_skipped_reason ?? undefined,
      revision: snapshot.revision,
      releaseIdentifier: pathIdentifier(notification.release.ids, request.uuid),
    };
  }
}

function resourceOf({ uri, source, md5, sizeBytes }: NotifiedFile) {
  // Without them nobody could tell whether the DSP got the right bytes; the catalogue has both of every file it has checked.
  if (!md5 || !sizeBytes) throw new Error(`the snapshot does not say digest and size of ${source}`);
  return { path: uri, storageKey: source, md5, sizeBytes: BigInt(sizeBytes) };
}

/** What names the release in the folders of the choreography. */
const pathIdentifier = (ids: ReleaseIdentifiers, uuid: string): string => ids.icpn ?? ids.grid ?? uuid;
