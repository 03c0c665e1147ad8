import { Injectable } from '@nestjs/common';
import { DdexService, type DownloadPurgeRequest } from '@tonegrid/contracts';
import { hyphenSlug } from '@tonegrid/dsp-registry';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { MessageMaker } from './message-maker';

/** `GET /releases/:uuid/ddex/purge/preview/:dsp_slug.xml`: the same bytes as the preview, as a file. */
@Rpc(DdexService.method.downloadPurge)
@Injectable()
export class DownloadPurge {
  constructor(private readonly maker: MessageMaker) {}

  async run(caller: Caller, request: DownloadPurgeRequest) {
    const { dsp, snapshot, xml } = await this.maker.makePurge(caller, request.uuid, request.dspSlug);
    return {
      content: Buffer.from(xml),
      contentType: 'application/xml; charset=utf-8',
      fileName: `${snapshot.release!.uuid}-${hyphenSlug(dsp)}-purge.xml`,
    };
  }
}
