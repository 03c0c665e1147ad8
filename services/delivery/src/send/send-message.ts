import { Inject, Injectable } from '@nestjs/common';
import { Data, type Tx } from '@tonegrid/data';
import { DspRegistry } from '@tonegrid/dsp-registry';
import { logger } from '@tonegrid/rpc';
import { CONFIG } from '@tonegrid/service';
import type { Storage } from '@tonegrid/storage';
import { timingOf, type DeliveryConfig, type Timing } from '../config';
import { DeliveryStore, type DeliveryRow } from '../deliveries/delivery.store';
import { onFailed, onSent } from '../deliveries/status';
import { MessageStore, type Lease, type OutgoingMessage } from '../messages/message.store';
import { attemptsTotal, uploadBytes, uploadSeconds } from '../metrics';
import { STORAGE } from '../storage';
import { describe, DspAway, Hopeless, Interrupted, LeaseLost } from './failures';
import { planUpload, type SendableMessage } from './plan-upload';
import { Render } from './render';
import { retryIn } from './retry';
import { Routes } from './routes';
import { SftpSession } from './sftp-session';
import { uploadRest } from './upload-rest';
import { uploadSftp } from './upload-sftp';

/** How an attempt ended, as far as the DSP is concerned: reached, not reached, or nothing was learned about it. */
export type Outcome = 'reached' | 'away' | 'untold';

/** One attempt to bring one message to its DSP, and what becomes of its delivery. */
@Injectable()
export class SendMessage {
  private readonly timing: Timing;

  constructor(
    @Inject(CONFIG) config: DeliveryConfig,
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly data: Data,
    private readonly registry: DspRegistry,
    private readonly routes: Routes,
    private readonly render: Render,
    private readonly messages: MessageStore,
    private readonly deliveries: DeliveryStore,
  ) {
    this.timing = timingOf(config);
  }

  /** Never throws for what happens to the message. @param signal ends the attempt; its reason is one of the failures */
  async run(message: OutgoingMessage, lease: Lease, signal: AbortSignal): Promise<Outcome> {
    try {
      // One more than is ever planned: workers that took it were killed before they could write how it ended.
      if (message.attempts > this.timing.retryDelays.length + 1)
        throw new Hopeless(`Given up: ${message.attempts - 1} attempts were begun, and the last did not come to an end.`);
      const rendered = await this.render.run(message, lease);
      await this.upload(rendered, message.dsp, signal);
      await this.sent(message, lease, rendered.revision);
      return 'reached';
    } catch (thrown) {
      // What an ended connection says matters less than why it was ended.
      const error: unknown = signal.aborted ? signal.reason : thrown;
      if (error instanceof LeaseLost) {
        attemptsTotal.inc({ dsp: message.dsp, outcome: 'abandoned' });
        logger.warn({ dsp: message.dsp, message_id: message.message_id, reason: error.message }, 'another worker has the message');
        return 'untold';
      }
      await this.failed(message, lease, error);
      return error instanceof DspAway ? 'away' : 'untold';
    }
  }

  private async upload(message: SendableMessage, slug: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const dsp = this.routes.dsp(slug);
    const { endpoint } = dsp;
    if (!endpoint) throw new Hopeless(`DSP '${slug}' has no endpoint.`);
    const end = uploadSeconds.startTimer({ dsp: slug });
    let bytes: number;
    if (endpoint.kind === 'rest') {
      bytes = await uploadRest(this.routes.rest(dsp, endpoint.url), message, this.storage, signal);
    } else {
      const plan = planUpload(message, this.routes.sftp(dsp, endpoint.upload_folder));
      const session = await SftpSession.open(endpoint, this.registry.sftpCredentials(dsp), signal);
      try {
        bytes = await uploadSftp(session, plan, this.storage);
      } finally {
        session.close();
      }
    }
    end();
    uploadBytes.inc({ dsp: slug }, bytes);
    logger.info({ dsp: slug, message_id: message.message_id, bytes }, 'delivered');
  }

  private async sent(message: OutgoingMessage, lease: Lease, revision: number): Promise<void> {
    await this.finish(message, async (tx, row) => {
      if (!(await this.messages.markSent(tx, message.uuid, lease))) return false;
      const step = onSent(row.status);
      if (step) await this.deliveries.move(tx, row, step, { ...factsOf(message), revision });
      else if (row.error_message !== null && row.status !== 'rejected') await this.deliveries.note(tx, row.uuid, null);
      return true;
    });
    attemptsTotal.inc({ dsp: message.dsp, outcome: 'sent' });
  }

  private async failed(message: OutgoingMessage, lease: Lease, error: unknown): Promise<void> {
    const problem = describe(error);
    const counted = !(error instanceof Interrupted);
    const asked = error instanceof DspAway ? error.retryAfterMs : 0;
    const wait = counted
      ? retryIn(message.attempts, this.timing.retryDelays, Math.random(), asked)
      : this.timing.retryDelays[0]! * Math.random();
    const isOver = error instanceof Hopeless || wait === null;
    const about = { dsp: message.dsp, message_id: message.message_id, attempts: message.attempts, problem };
    if (error instanceof Hopeless || error instanceof DspAway || error instanceof Interrupted)
      logger.warn(about, isOver ? 'delivery failed' : 'delivery is tried again');
    else logger.error({ ...about, err: error }, isOver ? 'delivery failed' : 'delivery is tried again');
    await this.finish(message, async (tx, row) => {
      if (!isOver) {
        if (!(await this.messages.postpone(tx, message.uuid, lease, wait, counted ? problem : null, counted))) return false;
        if (counted && onFailed(row.status)) await this.deliveries.note(tx, row.uuid, problem);
        return true;
      }
      if (!(await this.messages.markFailed(tx, message.uuid, lease, problem))) return false;
      const step = onFailed(row.status);
      if (step) await this.deliveries.move(tx, row, step, { ...factsOf(message), reason: problem });
      return true;
    });
    attemptsTotal.inc({ dsp: message.dsp, outcome: isOver ? 'failed' : 'retry' });
  }

  /** Writes the end of an attempt: the delivery's row is locked first, as everywhere. A lost lease writes nothing. */
  private async finish(message: OutgoingMessage, work: (tx: Tx, row: DeliveryRow) => Promise<boolean>): Promise<void> {
    const written = await this.data.transaction({ tenantUuid: message.tenant_uuid }, async (tx) =>
      work(tx, await this.deliveries.lock(tx, message.delivery_uuid)),
    );
    if (!written) throw new LeaseLost('before its end was written');
  }
}

const factsOf = ({ message_id: messageId, thread_id: threadId, message_type: messageType }: OutgoingMessage) => ({
  messageId,
  threadId,
  messageType,
});
