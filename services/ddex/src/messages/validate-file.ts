import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DdexService, type ValidateFileRequest } from '@tonegrid/contracts';
import { DspRegistry, hyphenSlug } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { Rpc, type Caller } from '@tonegrid/rpc';
import { MessageValidator } from './message-validator';
import { targetOf } from './target-of';
import { toValidation } from './to-validation';

/** `POST /ddex/validate`: the report on any ERN file. Nothing of it is kept. */
@Rpc(DdexService.method.validateFile)
@Injectable()
export class ValidateFile {
  constructor(
    private readonly registry: DspRegistry,
    private readonly validator: MessageValidator,
  ) {}

  /** Refuses with `dsp.not_found`. */
  async run(_caller: Caller, { document, fileName, dsp: slug }: ValidateFileRequest) {
    const dsp = slug === undefined ? undefined : this.registry.get(slug);
    if (slug !== undefined && !dsp) throw new Refused('dsp.not_found', { params: { slug } });
    const report = await this.validator.validate(document, dsp && targetOf(this.registry, dsp));
    return {
      data: {
        fileName: fileName === '' ? undefined : fileName,
        sha256: createHash('sha256').update(document).digest('hex'),
        sizeBytes: BigInt(document.length),
        dsp: dsp && { slug: hyphenSlug(dsp), name: dsp.name },
        validation: toValidation(report, { isForDsp: dsp !== undefined }),
      },
    };
  }
}
