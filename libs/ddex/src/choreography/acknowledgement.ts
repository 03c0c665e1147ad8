import type { MessagingParty } from '../model/notification';
import { utcSeconds } from '../model/naming';
import { attributeOf, child, everyElement, localName, path, textAt } from '../read/find';
import { scanXml, XmlRefused, type XmlElement } from '../read/scan-xml';
import { element, leaf, serialize } from '../write/string-tree';
import { choreographyNamespace, messagingPartyNode } from './manifest';

/** What a DSP says of the file it received (ErncFileStatus). */
export const fileStatuses = [
  'ArtistRoleUnknown',
  'CommercialReleaseDateInvalid',
  'ConflictingAvailabilityPeriods',
  'DuplicatedPublisherNames',
  'ErnMissing',
  'FileOK',
  'IdentifierInvalid',
  'IdentifierSyntaxInvalid',
  'InternalError',
  'MetadataMissing',
  'NewReleaseMessageInvalid',
  'NoDealForTrackRelease',
  'NoDealInNewReleaseMessage',
  'OriginalReleaseDateLaterThanReleaseDate',
  'PrimaryArtistNameMissing',
  'ResourceCorrupt',
  'ResourceMissing',
  'ResourceNotMeetingSpecifications',
  'SignatureOrHashSumWrongOrMissing',
  'UnsupportedUsage',
] as const;
export type FileStatus = (typeof fileStatuses)[number];

export type ProposedAction = 'ResendXmlOnly' | 'ResendXmlAndResources';

/** Where a release stands at the DSP. Version 1.6 has no element for it: it is sent there as a user-defined file status. */
export const supplyChainStatuses = [
  'DeliveredToReleaseDistributor',
  'InDeliveryToReleaseDistributor',
  'InPreparationForDeliveryToReleaseDistributor',
  'OrderPlacedForReleaseDistributor',
  'ProcessingErrorAtReleaseCreator',
  'ProcessingErrorAtReleaseDistributor',
  'ReleaseMadeAvailableToConsumers',
  'ReleaseNotAvailable',
  'ReleaseReceivedByReleaseDistributor',
  'ReleaseStagedForPublication',
  'ReleaseViolatesTermsOfService',
  'RightsConflict',
  'SuccessfullyIngestedByReleaseDistributor',
] as const;
export type SupplyChainStatus = (typeof supplyChainStatuses)[number];

export interface Acknowledgement {
  /** The DSP. */
  sender: MessagingParty;
  recipient: MessagingParty;
  /** RFC 3339. */
  createdAt: string;
  /** The id in the path of the acknowledged message (`{ReleaseId}` of its folder). */
  releaseId: string;
  /** YYYY-MM-DD in the path of the acknowledged message. */
  date?: string;
  status: FileStatus | SupplyChainStatus;
  errorText?: string;
  proposedAction?: ProposedAction;
  needsManualCheck?: boolean;
  /** Resources concerned, and the DSP's own id of the release in a namespace of the DSP's. */
  affected?: { isrc?: string; proprietaryIds?: { namespace: string; value: string }[] }[];
}

const isSupplyChainStatus = (status: string): status is SupplyChainStatus => (supplyChainStatuses as readonly string[]).includes(status);

/** Renders an FtpAcknowledgementMessage (ern-c-sftp 1.6). @throws IllegalXmlText */
export function writeAcknowledgement(acknowledgement: Acknowledgement): string {
  const { status } = acknowledgement;
  return serialize(
    element('ern-c-sftp:FtpAcknowledgementMessage', { 'xmlns:ern-c-sftp': choreographyNamespace, MessageVersionId: '1.6' }, [
      element('MessageHeader', null, [
        messagingPartyNode('MessageSender', acknowledgement.sender),
        messagingPartyNode('MessageRecipient', acknowledgement.recipient),
        leaf('MessageCreatedDateTime', utcSeconds(acknowledgement.createdAt)),
      ]),
      element('AcknowledgedFile', null, [leaf('ReleaseId', acknowledgement.releaseId), leaf('Date', acknowledgement.date)]),
      isSupplyChainStatus(status)
        ? leaf('FileStatus', 'UserDefined', { Namespace: 'DDEX SupplyChainStatus', UserDefinedValue: status })
        : leaf('FileStatus', status),
      leaf('ErrorText', acknowledgement.errorText),
      leaf('ProposedActionType', acknowledgement.proposedAction),
      leaf('ManualCheckRequired', acknowledgement.needsManualCheck),
      ...(acknowledgement.affected ?? []).map((resource) =>
        element('AffectedResource', null, [
          leaf('ISRC', resource.isrc),
          ...(resource.proprietaryIds ?? []).map((id) => leaf('ProprietaryId', id.value, { Namespace: id.namespace })),
        ]),
      ),
    ]),
  );
}

/** What an acknowledgement comes down to. An early OK may be contradicted by a later file. */
export type Verdict = 'accepted' | 'rejected' | 'live' | 'taken_down' | 'in_progress';

export interface AcknowledgementRead {
  ok: true;
  /** `FtpAcknowledgementMessage` (1.6) or `AcknowledgementMessage` (1.8). */
  messageType: string;
  senderDpid: string | null;
  releaseId: string | null;
  date: string | null;
  /** As written; the user-defined value where the status is one. */
  status: string;
  verdict: Verdict;
  errorText: string | null;
  proposedAction: string | null;
  needsManualCheck: boolean;
  affected: { isrc: string | null; proprietaryIds: { namespace: string; value: string }[] }[];
}

const verdicts: Partial<Record<string, Verdict>> = {
  FileOK: 'accepted',
  SuccessfullyIngestedByReleaseDistributor: 'accepted',
  ReleaseStagedForPublication: 'accepted',
  ReleaseMadeAvailableToConsumers: 'live',
  ReleaseNotAvailable: 'taken_down',
  ProcessingErrorAtReleaseCreator: 'rejected',
  ProcessingErrorAtReleaseDistributor: 'rejected',
  ReleaseViolatesTermsOfService: 'rejected',
  RightsConflict: 'rejected',
};

function statusOf(root: XmlElement): string | null {
  // 1.8 has the two apart; where a DSP gives both, the later stage is the news.
  for (const name of ['SupplyChainStatus', 'FileStatus']) {
    for (const item of everyElement(root)) {
      if (localName(item) !== name || item.children.length > 0) continue;
      const word = item.text.trim();
      if (word !== '') return word === 'UserDefined' ? (attributeOf(item, 'UserDefinedValue') ?? word) : word;
    }
  }
  return null;
}

/**
 * Reads an acknowledgement of version 1.6, and one of 1.8 by the names that the two share. Never throws; XML with a DOCTYPE
 * or entities is refused, and so is a message without a status. An unknown status counts as a rejection only when it proposes
 * an action or carries an error text; else it is `in_progress`.
 */
export function readAcknowledgement(xml: Uint8Array | string): AcknowledgementRead | { ok: false; reason: string } {
  let root: XmlElement;
  try {
    root = scanXml(xml);
  } catch (error) {
    if (error instanceof XmlRefused) return { ok: false, reason: error.message };
    throw error;
  }
  const messageType = localName(root);
  if (messageType !== 'FtpAcknowledgementMessage' && messageType !== 'AcknowledgementMessage') {
    return { ok: false, reason: `An acknowledgement is wanted, not a ${messageType}` };
  }
  const status = statusOf(root);
  if (status === null) return { ok: false, reason: 'The acknowledgement has no status' };
  const file = child(root, 'AcknowledgedFile');
  const errorText = textAt(root, 'ErrorText') ?? null;
  const proposed = child(root, 'ProposedActionType');
  const proposedAction = proposed ? (attributeOf(proposed, 'UserDefinedValue') ?? proposed.text.trim()) : null;
  const known: Verdict | undefined = verdicts[status] ?? ((fileStatuses as readonly string[]).includes(status) ? 'rejected' : undefined);
  return {
    ok: true,
    messageType,
    senderDpid: textAt(root, 'MessageHeader', 'MessageSender', 'PartyId') ?? null,
    releaseId: textAt(file, 'ReleaseId') ?? null,
    date: textAt(file, 'Date') ?? null,
    status,
    verdict: known ?? (errorText || proposedAction ? 'rejected' : 'in_progress'),
    errorText,
    proposedAction,
    needsManualCheck: ['true', '1'].includes(textAt(root, 'ManualCheckRequired') ?? ''),
    affected: path(root, 'AffectedResource').map((item) => ({
      isrc: textAt(item, 'ISRC') ?? null,
      proprietaryIds: path(item, 'ProprietaryId').map((id) => ({ namespace: attributeOf(id, 'Namespace') ?? '', value: id.text.trim() })),
    })),
  };
}
