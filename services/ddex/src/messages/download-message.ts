import { Injectable } from '@nestjs/common';
import { DdexService, type DownloadMessageRequest } from '@tonegrid/contracts';
import { hyphenSlug } from '@tonegrid/dsp-registry';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { MessageMaker } from './message-maker';

/** `GET /releases/:uuid/ddex/preview/:dsp_slug.xml`: the same bytes as the preview, as a file. */
@Rpc(DdexService.method.downloadMessage)
@Injectable()
export class DownloadMessage {
  constructor(private readonly maker: MessageMaker) {}

  async run(caller: Caller, request: DownloadMessageRequest) {
    const { dsp, snapshot, xml } = await this.maker.make(caller, request.uuid, request.dspSlug);
    return {
      content: Buffer.from(xml),
      contentType: 'application/xml; charset=utf-8',
      fileName: `${snapshot.release!.uuid}-${hyphenSlug(dsp)}.xml`,
    };
  }
}
