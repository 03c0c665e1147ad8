import { scanXml } from '../read/scan-xml';
import { checkReferences } from './check-references';

const found = (xml: string): string[] => checkReferences(scanXml(xml)).map((fault) => `${fault.code}: ${fault.message}`);

describe('references', () => {
  it('that resolve and are unique are no fault', () => {
    expect(
      found(
        '<m><Party><PartyReference>P1</PartyReference></Party><DisplayArtist><ArtistPartyReference> P1 </ArtistPartyReference></DisplayArtist></m>',
      ),
    ).toEqual([]);
  });

  it('that point nowhere are found, before or after their target', () => {
    expect(found('<m><DealReleaseReference>R9</DealReleaseReference><ReleaseReference>R1</ReleaseReference></m>')).toEqual([
      'references.dangling: DealReleaseReference "R9" points at no ReleaseReference of this message',
    ]);
  });

  it('that are taken twice are found in the whole message, whatever they name', () => {
    expect(
      found('<m><ResourceReference>A1</ResourceReference><ResourceReference>A1</ResourceReference><PartyReference>A1</PartyReference></m>'),
    ).toEqual([
      'references.duplicate: ResourceReference "A1" is already taken',
      'references.duplicate: PartyReference "A1" is already taken, by a ResourceReference',
    ]);
  });

  it('that point at the wrong kind are found', () => {
    expect(found('<m><ReleaseReference>R1</ReleaseReference><ReleaseResourceReference>R1</ReleaseResourceReference></m>')).toEqual([
      'references.wrong_kind: ReleaseResourceReference "R1" points at a ReleaseReference; a ResourceReference is wanted',
    ]);
  });
});
