import { Injectable } from '@nestjs/common';
import { DdexService, type PreviewMessageRequest } from '@tonegrid/contracts';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { facts, MessageMaker } from './message-maker';

/** `GET /releases/:uuid/ddex/preview/:dsp_slug`: the message as it would be sent now. */
@Rpc(DdexService.method.previewMessage)
@Injectable()
export class PreviewMessage {
  constructor(private readonly maker: MessageMaker) {}

  async run(caller: Caller, request: PreviewMessageRequest) {
    return { data: facts(await this.maker.make(caller, request.uuid, request.dspSlug)) };
  }
}
