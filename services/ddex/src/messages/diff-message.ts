import { Inject, Injectable } from '@nestjs/common';
import { DdexService, DeliveryService, type DiffMessageRequest, type SentMessage } from '@tonegrid/contracts';
import { diffNotifications, readMessage, type Change, type ReleaseNotification } from '@tonegrid/ddex';
import { hyphenSlug } from '@tonegrid/dsp-registry';
import { Rpc, type Caller, type RpcClient } from '@tonegrid/rpc';
import { clientOf } from '@tonegrid/service';
import { MessageMaker } from './message-maker';

/** `GET /releases/:uuid/ddex/diff/:dsp_slug`: what a redelivery would change against the last message that the DSP accepted. */
@Rpc(DdexService.method.diffMessage)
@Injectable()
export class DiffMessage {
  constructor(
    private readonly maker: MessageMaker,
    @Inject(clientOf(DeliveryService)) private readonly delivery: RpcClient<typeof DeliveryService>,
  ) {}

  async run(caller: Caller, request: DiffMessageRequest) {
    const { dsp, snapshot, xml } = await this.maker.make(caller, request.uuid, request.dspSlug);
    const { accepted } = await this.delivery.getConversation(caller, { uuid: request.uuid, dspSlug: dsp.slug });
    // Both sides are read from their bytes: what the DSP's version of ERN cannot say is no difference.
    const before = accepted?.messageType === 'NewReleaseMessage' ? notificationOf(accepted.content) : null;
    const changes = before ? diffNotifications(before, notificationOf(xml)) : [];
    return {
      data: {
        releaseId: snapshot.release!.uuid,
        dsp: { slug: hyphenSlug(dsp), name: dsp.name },
        ernVersion: dsp.ern_version,
        previous: accepted && previousOf(accepted),
        summary: summaryOf(dsp.name, accepted, changes),
        changes: changes.map(({ field, before: was, after: is, ...change }) => ({
          ...change,
          field: field ?? undefined,
          before: was ?? undefined,
          after: is ?? undefined,
        })),
      },
    };
  }
}

/** Our own messages are always readable; anything else is a bug. */
function notificationOf(xml: Uint8Array | string): ReleaseNotification {
  const message = readMessage(xml);
  if (!message.ok) throw new Error(`a message of ours cannot be read: ${message.reason}`);
  if (message.messageType !== 'NewReleaseMessage') throw new Error(`a ${message.messageType} where a NewReleaseMessage was expected`);
  return message.notification;
}

const previousOf = ({ messageId, messageType, ernVersion, sha256, sentAt, acceptedAt }: SentMessage) => ({
  messageId,
  messageType,
  ernVersion,
  sha256,
  sentAt,
  acceptedAt,
});

function summaryOf(dsp: string, accepted: SentMessage | undefined, changes: readonly Change[]): string {
  if (!accepted) return `${dsp} has accepted no message about this release: all of it would be new there.`;
  if (accepted.messageType === 'PurgeReleaseMessage')
    return `The last message that ${dsp} accepted dropped the release: all of it would be new there.`;
  if (changes.length === 0) return `A redelivery would tell ${dsp} nothing new.`;
  return `A redelivery would change ${changes.length === 1 ? 'one thing' : `${changes.length} things`} at ${dsp}.`;
}
