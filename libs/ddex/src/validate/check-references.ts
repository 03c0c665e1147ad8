import { visitElements } from '../read/find';
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
export class ReferenceFault {
  constructor(
    readonly element: XmlElement,
    readonly code: 'references.duplicate' | 'references.dangling' | 'references.wrong_kind',
    /** The anchor that was found: the first of its name, or the one of the wrong kind. */
    private readonly found?: XmlElement,
  ) {}

  /** Made when it is asked for: of a hundred thousand faults a hundred are shown. */
  get message(): string {
    const { element, found } = this;
    const subject = `${element.name} "${element.text.trim()}"`;
    if (this.code === 'references.duplicate')
      return `${subject} is already taken${!found || found.name === element.name ? '' : `, by a ${found.name}`}`;
    const wanted = useTargets.get(element.name)!;
    return found ? `${subject} points at a ${found.name}; a ${wanted} is wanted` : `${subject} points at no ${wanted} of this message`;
  }
}

/** Checks that every anchor is unique in the whole message and that every use of one finds it, and finds the right kind. */
export function checkReferences(root: XmlElement): ReferenceFault[] {
  const found = new Map<string, XmlElement>();
  const pending: XmlElement[] = [];
  const faults: ReferenceFault[] = [];
  visitElements(root, (element) => {
    // All names concerned end alike; the test saves two look-ups for the other nine tenths.
    if (!element.name.endsWith('Reference') && element.name !== 'DisplayCreditParty') return;
    if (anchors.has(element.name)) {
      const id = element.text.trim();
      const first = found.get(id);
      if (!first) found.set(id, element);
      else faults.push(new ReferenceFault(element, 'references.duplicate', first));
    } else if (useTargets.has(element.name)) pending.push(element);
  });
  for (const element of pending) {
    const id = element.text.trim();
    const target = found.get(id);
    if (!target) faults.push(new ReferenceFault(element, 'references.dangling'));
    else if (target.name !== useTargets.get(element.name)) faults.push(new ReferenceFault(element, 'references.wrong_kind', target));
  }
  return faults.sort((a, b) => a.element.start - b.element.start);
}
