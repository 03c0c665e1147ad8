import type { MessagingParty, ReleaseIdentifiers } from '../model/notification';
import { utcSeconds } from '../model/naming';
import { localName, path, textAt } from '../read/find';
import { scanXml, XmlRefused } from '../read/scan-xml';
import { element, leaf, serialize, type Node } from '../write/string-tree';

export const choreographyNamespace = 'http://ddex.net/xml/ern-c-sftp/16';

/** What a delivered message is to the DSP (MessageActionType of the choreography's allowed values). */
export type DeliveryType = 'NewReleaseDelivery' | 'ReDelivery' | 'TakeDown' | 'HighPriorityDelivery' | 'BackCatalogDelivery';

export interface ManifestEntry {
  messageId: string;
  /** Path of the message from the root directory. */
  url: string;
  releaseId: ReleaseIdentifiers;
  deliveryType: DeliveryType;
  /** Hexadecimal MD5 of the message's bytes. */
  md5?: string;
}

export interface Manifest {
  sender: MessagingParty;
  recipient: MessagingParty;
  /** RFC 3339. */
  createdAt: string;
  isTest: boolean;
  /** The folder that all paths are relative to. */
  rootDirectory: string;
  messages: ManifestEntry[];
}

const releaseIdNode = (ids: ReleaseIdentifiers): Node =>
  element('ReleaseId', null, [
    leaf('GRid', ids.grid),
    leaf('ICPN', ids.icpn),
    ...(ids.proprietaryIds ?? []).map((id) => leaf('ProprietaryId', id.value, { Namespace: id.namespace })),
  ]);

export const messagingPartyNode = (name: string, party: MessagingParty): Node =>
  element(name, null, [leaf('PartyId', party.dpid), element('PartyName', null, [leaf('FullName', party.name)])]);

/**
 * The ManifestMessage (ern-c-sftp 1.6) of `BatchComplete_{BatchId}.xml`. Its MessageType knows no other word than
 * NewReleaseMessage, so a purge is listed as one whose delivery type is TakeDown.
 * @throws RangeError without a message. @throws IllegalXmlText
 */
export function writeManifest(manifest: Manifest): string {
  if (manifest.messages.length === 0) throw new RangeError('A manifest lists at least one message');
  return serialize(
    element('ern-c-sftp:ManifestMessage', { 'xmlns:ern-c-sftp': choreographyNamespace, MessageVersionId: '1.6' }, [
      element('MessageHeader', null, [
        messagingPartyNode('MessageSender', manifest.sender),
        messagingPartyNode('MessageRecipient', manifest.recipient),
        leaf('MessageCreatedDateTime', utcSeconds(manifest.createdAt)),
      ]),
      leaf('IsTestFlag', manifest.isTest),
      leaf('RootDirectory', manifest.rootDirectory),
      leaf('NumberOfMessages', manifest.messages.length),
      ...manifest.messages.map((message) =>
        element('MessageInBatch', null, [
          leaf('MessageType', 'NewReleaseMessage'),
          leaf('MessageId', message.messageId),
          leaf('URL', message.url),
          { ...releaseIdNode(message.releaseId), name: 'IncludedReleaseId' },
          leaf('DeliveryType', message.deliveryType),
          leaf('ProductType', 'AudioProduct'),
          message.md5 !== undefined &&
            element('HashSum', null, [leaf('HashSum', message.md5.toLowerCase()), leaf('HashSumAlgorithmType', 'MD5')]),
        ]),
      ),
    ]),
  );
}

export type ManifestRead =
  | { ok: true; rootDirectory: string; isTest: boolean; messages: { messageId: string; url: string; deliveryType: string; md5?: string }[] }
  | { ok: false; reason: string };

/** Reads a ManifestMessage of any version of the choreography. Never throws; XML with a DOCTYPE or entities is refused. */
export function readManifest(xml: Uint8Array | string): ManifestRead {
  try {
    const root = scanXml(xml);
    if (localName(root) !== 'ManifestMessage') return { ok: false, reason: `A ManifestMessage is wanted, not a ${localName(root)}` };
    return {
      ok: true,
      rootDirectory: textAt(root, 'RootDirectory') ?? '',
      isTest: ['true', '1'].includes(textAt(root, 'IsTestFlag') ?? ''),
      messages: path(root, 'MessageInBatch').map((item) => {
        const md5 = textAt(item, 'HashSum', 'HashSumAlgorithmType') === 'MD5' ? textAt(item, 'HashSum', 'HashSum') : undefined;
        return {
          messageId: textAt(item, 'MessageId') ?? '',
          url: textAt(item, 'URL') ?? '',
          deliveryType: textAt(item, 'DeliveryType') ?? '',
          ...(md5 ? { md5: md5.toLowerCase() } : {}),
        };
      }),
    };
  } catch (error) {
    if (error instanceof XmlRefused) return { ok: false, reason: error.message };
    throw error;
  }
}
