import { Injectable } from '@nestjs/common';
import { DdexService, type ValidateMessageRequest } from '@tonegrid/contracts';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { facts, MessageMaker } from './message-maker';
import { MessageValidator } from './message-validator';
import { targetOf } from './target-of';
import { toValidation, withSupplied } from './to-validation';

/**
 * `GET /releases/:uuid/ddex/validate/:dsp_slug`: the preview, what the official schema and the further checks say of it, and how
 * likely the DSP is to take it.
 */
@Rpc(DdexService.method.validateMessage)
@Injectable()
export class ValidateMessage {
  constructor(
    private readonly maker: MessageMaker,
    private readonly validator: MessageValidator,
    private readonly registry: DspRegistry,
  ) {}

  async run(caller: Caller, request: ValidateMessageRequest) {
    const made = await this.maker.make(caller, request.uuid, request.dspSlug);
    const report = await this.validator.validate(made.xml, targetOf(this.registry, made.dsp));
    return { data: { ...facts(made), validation: toValidation(withSupplied(report, made.warnings), { isForDsp: true }) } };
  }
}
