import { Injectable } from '@nestjs/common';
import { DdexService, type ValidateMessageRequest } from '@tonegrid/contracts';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { facts, MessageMaker } from './message-maker';
import { MessageValidator } from './message-validator';
import { toValidation } from './to-validation';

/** `GET /releases/:uuid/ddex/validate/:dsp_slug`: the preview and what the official schema and the further checks say of it. */
@Rpc(DdexService.method.validateMessage)
@Injectable()
export class ValidateMessage {
  constructor(
    private readonly maker: MessageMaker,
    private readonly validator: MessageValidator,
  ) {}

  async run(caller: Caller, request: ValidateMessageRequest) {
    const made = await this.maker.make(caller, request.uuid, request.dspSlug);
    const report = await this.validator.validate(made.xml);
    return { data: { ...facts(made), validation: toValidation(report, made.warnings, made.dsp.ern_version) } };
  }
}
