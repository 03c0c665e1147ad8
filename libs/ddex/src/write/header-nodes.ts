import type { MessageHeader, MessagingParty } from '../model/notification';
import { element, leaf, type Node } from './string-tree';

const party = (name: string, { dpid, name: fullName }: MessagingParty): Node =>
  element(name, null, [leaf('PartyId', dpid), element('PartyName', null, [leaf('FullName', fullName)])]);

export function headerNode(header: MessageHeader): Node {
  return element('MessageHeader', null, [
    leaf('MessageThreadId', header.threadId),
    leaf('MessageId', header.messageId),
    leaf('MessageFileName', header.fileName),
    party('MessageSender', header.sender),
    header.sentOnBehalfOf && party('SentOnBehalfOf', header.sentOnBehalfOf),
    party('MessageRecipient', header.recipient),
    leaf('MessageCreatedDateTime', header.createdAt),
    leaf('MessageControlType', header.control),
  ]);
}
