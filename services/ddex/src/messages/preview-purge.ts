import { Injectable } from '@nestjs/common';
import { DdexService, type PreviewPurgeRequest } from '@tonegrid/contracts';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { facts, MessageMaker } from './message-maker';

/** `GET /releases/:uuid/ddex/purge/preview/:dsp_slug`: the message that would drop the release from this DSP. */
@Rpc(DdexService.method.previewPurge)
@Injectable()
export class PreviewPurge {
  constructor(private readonly maker: MessageMaker) {}

  async run(caller: Caller, request: PreviewPurgeRequest) {
    return { data: facts(await this.maker.makePurge(caller, request.uuid, request.dspSlug)) };
  }
}
