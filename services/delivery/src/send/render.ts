import { Inject, Injectable } from '@nestjs/common';
import { DdexService } from '@tonegrid/contracts';
import { Data } from '@tonegrid/data';
import { Refused } from '@tonegrid/errors';
import { systemCaller, type RpcClient } from '@tonegrid/rpc';
import { clientOf, CONFIG } from '@tonegrid/service';
import type { DeliveryConfig } from '../config';
import { MessageStore, type Lease, type OutgoingMessage, type Rendered } from '../messages/message.store';
import { fromPeer, LeaseLost } from './failures';
import type { SendableMessage } from './plan-upload';

/** Has a message rendered and proven, once: the bytes are kept with it and every attempt sends those. */
@Injectable()
export class Render {
  constructor(
    @Inject(CONFIG) private readonly config: DeliveryConfig,
    private readonly data: Data,
    private readonly messages: MessageStore,
    @Inject(clientOf(DdexService)) private readonly ddex: RpcClient<typeof DdexService>,
  ) {}

  /** Throws Hopeless when the release cannot be told in a valid message, Interrupted when the ddex service is away. */
  async run(message: OutgoingMessage, lease: Lease): Promise<SendableMessage & { revision: number }> {
    if (message.content) return sendable(message);
    const rendered = await this.ask(message);
    if (!(await this.messages.saveRendered(this.data, message, lease, rendered))) throw new LeaseLost('while it was rendered');
    const { content, sha256, ernVersion, fileName, resources, releaseIdentifier, revision } = rendered;
    return sendable({
      ...message,
      content,
      sha256,
      ern_version: ernVersion,
      file_name: fileName,
      resources,
      release_identifier: releaseIdentifier,
      revision: String(revision),
    });
  }

  private async ask(message: OutgoingMessage): Promise<Rendered> {
    try {
      const answer = await this.ddex.renderMessage(systemCaller('delivery', message.tenant_uuid, message.uuid), {
        uuid: message.release_uuid,
        dspSlug: message.dsp,
        messageId: message.message_id,
        createdAt: message.created_at.toISOString(),
      });
      // The ddex service refuses this itself in production; a production DSP must not depend on that one's configuration alone.
      if (!answer.schemaChecked && this.config.TONEGRID_ENV === 'production')
        throw new Refused('ddex.schemas_missing', { params: { version: answer.ernVersion } });
      return {
        content: Buffer.from(answer.xml),
        sha256: answer.sha256,
        ernVersion: answer.ernVersion,
        fileName: answer.fileName,
        resources: answer.resources.map(({ path, storageKey, md5, sizeBytes }) => ({ path, storageKey, md5, size: Number(sizeBytes) })),
        releaseIdentifier: answer.releaseIdentifier,
        revision: Number(answer.revision),
      };
    } catch (error) {
      throw fromPeer(error);
    }
  }
}

function sendable(message: OutgoingMessage): SendableMessage & { revision: number } {
  const { content, file_name, resources, release_identifier, ern_version } = message;
  if (!content || !file_name || !resources || !release_identifier || !ern_version) throw new Error('the message is not rendered');
  return { ...message, content, file_name, resources, release_identifier, ern_version, revision: Number(message.revision) };
}
