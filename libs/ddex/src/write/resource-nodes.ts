import type { Contribution, Image, RecordingEdition, RightsController, SoundRecording, TechnicalDetails } from '../model/notification';
import { artistNodes, codedNode, copyrightNode, fileNode, isoDuration, titleNodes } from './common-nodes';
import { worldwide } from './party-nodes';
import { element, leaf, type Child, type Node } from './string-tree';

const technicalNode = (details: TechnicalDetails): Node =>
  element('TechnicalDetails', null, [
    leaf('TechnicalResourceDetailsReference', details.reference),
    element('DeliveryFile', null, [
      leaf('Type', 'AudioFile'),
      codedNode('AudioCodecType', details.codec),
      leaf('BitRate', details.bitRateKbps, { UnitOfMeasure: 'kbps' }),
      leaf('NumberOfChannels', details.channels),
      leaf('SamplingRate', details.sampleRateHz, { UnitOfMeasure: 'Hz' }),
      leaf('BitsPerSample', details.bitsPerSample),
      details.durationSeconds !== undefined && leaf('Duration', isoDuration(details.durationSeconds)),
      details.file && fileNode(details.file),
      leaf('IsProvidedInDelivery', details.isProvided),
    ]),
    leaf('HasImmersiveAudioMetadata', details.hasImmersiveMetadata),
  ]);

const editionNode = (edition: RecordingEdition): Node =>
  element('SoundRecordingEdition', null, [
    leaf('Type', edition.type),
    element('ResourceId', null, [
      leaf('ISRC', edition.isrc),
      edition.proprietaryId && leaf('ProprietaryId', edition.proprietaryId.value, { Namespace: edition.proprietaryId.namespace }),
    ]),
    copyrightNode('P', edition.pLine),
    leaf('RecordingMode', edition.mode),
    edition.technical && technicalNode(edition.technical),
  ]);

const contributorNode = (contribution: Contribution): Node =>
  element('Contributor', { SequenceNumber: contribution.sequence }, [
    leaf('ContributorPartyReference', contribution.party),
    ...contribution.roles.map((role) => codedNode('Role', role)),
    ...contribution.instruments.map((instrument) => codedNode('InstrumentType', instrument)),
    leaf('HasMadeFeaturedContribution', contribution.isFeatured),
  ]);

/** A share left out would be read as 100 %, so an unknown one says that it is. */
const shareNode = (rights: RightsController): Child =>
  rights.share === undefined ? leaf('RightShareUnknown', true) : leaf('RightSharePercentage', rights.share);

const resourceRightsNode = (rights: RightsController): Node =>
  element('ResourceRightsController', { SequenceNumber: rights.sequence }, [
    leaf('RightsControllerPartyReference', rights.party),
    leaf('RightsControlType', rights.controls),
    shareNode(rights),
  ]);

// Unlike its sibling, a WorkRightsController bears no sequence number: their order is that of the document.
const workRightsNode = (rights: RightsController): Node =>
  element('WorkRightsController', null, [
    leaf('RightsControllerPartyReference', rights.party),
    leaf('RightsControlType', rights.controls),
    shareNode(rights),
    ...rights.territories.map((code) => leaf('Territory', code)),
  ]);

export function recordingNode(recording: SoundRecording): Node {
  return element('SoundRecording', recording.language ? { LanguageAndScriptCode: recording.language } : null, [
    leaf('ResourceReference', recording.reference),
    leaf('Type', 'MusicalWorkSoundRecording'),
    ...recording.editions.map(editionNode),
    recording.iswc !== undefined && element('WorkId', null, [leaf('ISWC', recording.iswc)]),
    ...titleNodes(recording.titles),
    ...artistNodes(recording.artistName, recording.artists),
    ...recording.contributions.map(contributorNode),
    ...recording.resourceRights.map(resourceRightsNode),
    ...recording.workRights.map(workRightsNode),
    leaf('Duration', isoDuration(recording.durationSeconds)),
    leaf('FirstPublicationDate', recording.firstPublished, worldwide),
    leaf('ParentalWarningType', recording.advisory, worldwide),
    recording.isHiRes && leaf('IsHiResMusic', true),
  ]);
}

export function imageNode(image: Image): Node {
  return element('Image', null, [
    leaf('ResourceReference', image.reference),
    leaf('Type', 'FrontCoverImage'),
    element('ResourceId', null, [leaf('ProprietaryId', image.proprietaryId.value, { Namespace: image.proprietaryId.namespace })]),
    leaf('ParentalWarningType', image.advisory, worldwide),
    element('TechnicalDetails', null, [
      leaf('TechnicalResourceDetailsReference', image.technicalReference),
      leaf('ImageCodecType', image.codec),
      leaf('ImageHeight', image.height, { UnitOfMeasure: 'Pixel' }),
      leaf('ImageWidth', image.width, { UnitOfMeasure: 'Pixel' }),
      fileNode(image.file),
      leaf('IsProvidedInDelivery', image.isProvided),
    ]),
  ]);
}
