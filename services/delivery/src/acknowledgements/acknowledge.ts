import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DeliveryService, type AcknowledgeRequest } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { DspRegistry, type Dsp } from '@tonegrid/dsp-registry';
import { Refused } from '@tonegrid/errors';
import { logger, Rpc, type Caller } from '@tonegrid/rpc';
import { acknowledgementsTotal } from '../metrics';
import { isSigned, signatureHeader } from '../sign';
import { ApplyAcknowledgement } from './apply-acknowledgement';
import { namesAtDsp } from './names-at-dsp';
import { parseReport } from './parse-report';

/**
 * `POST /dsp/:slug/acknowledgements`: a DSP, or its adapter, reports on a message. No token: the signature with that DSP's key
 * is who it is. The same report again changes nothing and is answered alike.
 */
@Rpc(DeliveryService.method.acknowledge)
@Injectable()
export class Acknowledge {
  constructor(
    private readonly data: Data,
    private readonly registry: DspRegistry,
    private readonly acknowledgements: ApplyAcknowledgement,
  ) {}

  async run(_caller: Caller, request: AcknowledgeRequest) {
    const dsp = this.registry.get(request.slug);
    if (!dsp) throw new Refused('dsp.not_found', { params: { slug: request.slug } });
    const bytes = Buffer.from(request.body);
    const count = (outcome: string) => acknowledgementsTotal.inc({ dsp: dsp.slug, channel: 'callback', outcome });
    const key = this.keyOf(dsp);
    if (!key || !isSigned(request.headers[signatureHeader], key, bytes)) {
      count('refused');
      throw new Refused('delivery.signature_invalid');
    }
    const report = parseReport(bytes);
    const message = await this.acknowledgements.byMessageId(this.data, dsp.slug, report.messageId);
    if (!message) {
      count('unmatched');
      throw new Refused('delivery.message_unknown');
    }
    // Without an id of its own, the very same bytes are the same report.
    const dedupeKey = report.eventId ? `event:${report.eventId}` : `body:${createHash('sha256').update(bytes).digest('hex')}`;
    const isNew = await this.data.transaction({ tenantUuid: message.tenant_uuid }, (tx) =>
      this.acknowledgements.apply(tx, message, {
        verdict: report.status,
        names: namesAtDsp(dsp, { id: report.dspReleaseId, liveUrl: report.liveUrl }),
        reason: report.reason,
        bytes,
        fileName: null,
        dedupeKey: `${dedupeKey}:${report.messageId}:${report.status}`,
      }),
    );
    count(isNew ? report.status : 'repeated');
    logger.info({ dsp: dsp.slug, message_id: report.messageId, status: report.status, is_new: isNew }, 'acknowledgement');
    return { message: 'Acknowledgement recorded.' };
  }

  /** Undefined when the operator has set none: then nothing can be proven, and nothing is believed. */
  private keyOf(dsp: Dsp): string | undefined {
    try {
      return this.registry.acknowledgementKey(dsp);
    } catch (error) {
      logger.warn({ err: error, dsp: dsp.slug }, 'a DSP reported, but has no key');
      return undefined;
    }
  }
}
