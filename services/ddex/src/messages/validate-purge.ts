import { Injectable } from '@nestjs/common';
import { DdexService, type ValidatePurgeRequest } from '@tonegrid/contracts';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { facts, MessageMaker } from './message-maker';
import { MessageValidator } from './message-validator';
import { toValidation, withSupplied } from './to-validation';

/** `GET /releases/:uuid/ddex/purge/validate/:dsp_slug`: the purge and what the official schema and the further checks say of it. */
@Rpc(DdexService.method.validatePurge)
@Injectable()
export class ValidatePurge {
  constructor(
    private readonly maker: MessageMaker,
    private readonly validator: MessageValidator,
  ) {}

  async run(caller: Caller, request: ValidatePurgeRequest) {
    const made = await this.maker.makePurge(caller, request.uuid, request.dspSlug);
    const report = await this.validator.validate(made.xml);
    return { data: { ...facts(made), validation: toValidation(withSupplied(report, made.warnings), { isForDsp: false }) } };
  }
}
