import { everyElement } from '../read/find';
import type { XmlElement } from '../read/scan-xml';

/**
 * Elements that are anchors (xs:ID in the schemas of ERN 3.8.2 to 4.3.2) and elements that point at one (xs:IDREF), with the
 * anchor that each must point at. libxml2 checks neither; Xerces does, so what passes here passes there.
 */
const anchors: ReadonlySet<string> = new Set([
  'BrandReference',
  'ChapterReference',
  'CollectionReference',
  'CueSheetReference',
  'MusicalWorkReference',
  'PartyReference',
  'ReleaseReference',
  'ResourceReference',
  'RightShareReference',
  'TechnicalResourceDetailsReference',
  'VisibilityReference',
]);

const uses: Readonly<Record<string, string>> = {
  ArtistPartyReference: 'PartyReference',
  AudioChapterReference: 'ChapterReference',
  CatalogReleaseReference: 'ReleaseReference',
  CharacterPartyReference: 'PartyReference',
  CollectionCollectionReference: 'CollectionReference',
  CollectionResourceReference: 'ResourceReference',
  CollectionWorkReference: 'MusicalWorkReference',
  ContributorPartyReference: 'PartyReference',
  CueResourceReference: 'ResourceReference',
  CueWorkReference: 'MusicalWorkReference',
  DealReleaseReference: 'ReleaseReference',
  DealResourceReference: 'ResourceReference',
  DealTechnicalResourceDetailsReference: 'TechnicalResourceDetailsReference',
  DisplayCreditParty: 'PartyReference',
  EquivalentReleaseReference: 'ReleaseReference',
  LinkedReleaseResourceReference: 'ResourceReference',
  PartyAffiliateReference: 'PartyReference',
  PartyRelatedPartyReference: 'PartyReference',
  RecordCompanyPartyReference: 'PartyReference',
  ReleaseCollectionReference: 'CollectionReference',
  ReleaseLabelReference: 'PartyReference',
  ReleaseResourceReference: 'ResourceReference',
  ReleaseVisibilityReference: 'VisibilityReference',
  RepresentativeImageReference: 'ResourceReference',
  ResourceContainedResourceReference: 'ResourceReference',
  ResourceGroupContentItemReleaseReference: 'ReleaseReference',
  ResourceGroupReleaseReference: 'ReleaseReference',
  ResourceGroupResourceReference: 'ResourceReference',
  ResourceMusicalWorkReference: 'MusicalWorkReference',
  ResourceRelatedResourceReference: 'ResourceReference',
  ResourceReleaseReference: 'ReleaseReference',
  RightShareReleaseReference: 'ReleaseReference',
  RightShareResourceReference: 'ResourceReference',
  RightShareWorkReference: 'MusicalWorkReference',
  RightsControllerPartyReference: 'PartyReference',
  SoundRecordingCollectionReference: 'CollectionReference',
  VideoChapterReference: 'ChapterReference',
  VideoCueSheetReference: 'CueSheetReference',
};
const useTargets = new Map(Object.entries(uses));

/** What is wrong with a reference, at the element that bears it. */
export interface ReferenceFault {
  element: XmlElement;
  code: 'references.duplicate' | 'references.dangling' | 'references.wrong_kind';
  message: string;
}

/** Checks that every anchor is unique in the whole message and that every use of one finds it, and finds the right kind. */
export function checkReferences(root: XmlElement): ReferenceFault[] {
  const found = new Map<string, XmlElement>();
  const pending: XmlElement[] = [];
  const faults: ReferenceFault[] = [];
  for (const element of everyElement(root)) {
    // All names concerned end alike; the test saves two look-ups for the other nine tenths.
    if (!element.name.endsWith('Reference') && element.name !== 'DisplayCreditParty') continue;
    if (anchors.has(element.name)) {
      const id = element.text.trim();
      const first = found.get(id);
      if (!first) found.set(id, element);
      else {
        const other = first.name === element.name ? '' : `, by a ${first.name}`;
        faults.push({ element, code: 'references.duplicate', message: `${element.name} "${id}" is already taken${other}` });
      }
    } else if (useTargets.has(element.name)) pending.push(element);
  }
  for (const element of pending) {
    const id = element.text.trim();
    const target = found.get(id);
    const wanted = useTargets.get(element.name)!;
    if (!target)
      faults.push({ element, code: 'references.dangling', message: `${element.name} "${id}" points at no ${wanted} of this message` });
    else if (target.name !== wanted) {
      faults.push({
        element,
        code: 'references.wrong_kind',
        message: `${element.name} "${id}" points at a ${target.name}; a ${wanted} is wanted`,
      });
    }
  }
  return faults.sort((a, b) => a.element.start - b.element.start);
}
