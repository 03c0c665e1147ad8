import type { MainRelease, ReleaseIdentifiers, TrackRelease } from '../model/notification';
import { artistNodes, copyrightNode, genreNode, isoDuration, titleNodes } from './common-nodes';
import { worldwide } from './party-nodes';
import { element, leaf, type Node } from './string-tree';

export const releaseIdNode = (ids: ReleaseIdentifiers): Node =>
  element('ReleaseId', null, [
    leaf('GRid', ids.grid),
    leaf('ICPN', ids.icpn),
    ...ids.proprietaryIds.map((id) => leaf('ProprietaryId', id.value, { Namespace: id.namespace })),
  ]);

export function releaseNode(release: MainRelease, language: string): Node {
  return element('Release', { LanguageAndScriptCode: language }, [
    leaf('ReleaseReference', release.reference),
    leaf('ReleaseType', release.type),
    releaseIdNode(release.ids),
    ...titleNodes(release.titles),
    ...artistNodes(release.artistName, release.artists),
    leaf('ReleaseLabelReference', release.label, worldwide),
    copyrightNode('P', release.pLine),
    copyrightNode('C', release.cLine),
    leaf('Duration', isoDuration(release.durationSeconds)),
    genreNode(release.genre),
    leaf('ReleaseDate', release.releaseDate, worldwide),
    leaf('OriginalReleaseDate', release.originalReleaseDate, worldwide),
    leaf('ParentalWarningType', release.advisory, worldwide),
    leaf('IsMultiArtistCompilation', release.isMultiArtistCompilation),
    element('ResourceGroup', null, [
      leaf('SequenceNumber', 1),
      ...release.content.map((item) =>
        element('ResourceGroupContentItem', null, [leaf('SequenceNumber', item.sequence), leaf('ReleaseResourceReference', item.resource)]),
      ),
      ...release.coverImages.map((reference) => leaf('LinkedReleaseResourceReference', reference)),
    ]),
    leaf('HiResMusicDescription', release.hiResDescription),
    release.isHiRes && leaf('IsHiResMusic', true),
  ]);
}

export function trackReleaseNode(release: TrackRelease): Node {
  return element('TrackRelease', null, [
    leaf('ReleaseReference', release.reference),
    releaseIdNode(release.ids),
    leaf('ReleaseResourceReference', release.resource),
    leaf('ReleaseLabelReference', release.label, worldwide),
    genreNode(release.genre),
  ]);
}
