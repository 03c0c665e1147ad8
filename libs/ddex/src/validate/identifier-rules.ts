import { gtinCheckDigit, isniCheckCharacter, iswcCheckDigit, mod3736CheckCharacter } from '../identifiers/check-digits';
import { attributeOf, path, textAt } from '../read/find';
import { breach, editions, isrcs, nameOf, primary, recordings, type ProfileRule } from './profile-rule';

/** Rules about what identifies releases, recordings, works and parties, and the values that a message is coded in. */
export const identifierRules: readonly ProfileRule[] = [
  {
    code: 'profile.isrc_missing',
    clause: '7.4.1',
    severity: 'error',
    hint: 'Give each track its ISRC, or let one be made for it.',
    check: (message) =>
      primary(message).flatMap((item) => {
        const name = nameOf(item);
        return editions(item)
          .filter((edition) => textAt(edition, 'ResourceId', 'ISRC') === undefined)
          .map((edition) => breach(edition, `SoundRecording ${name} has no ISRC`));
      }),
    passes:
      '<ResourceList><SoundRecording><SoundRecordingEdition><ResourceId><ISRC>USRC12345678</ISRC></ResourceId></SoundRecordingEdition></SoundRecording><SoundRecording IsSupplemental="true"><SoundRecordingEdition><ResourceId><ProprietaryId Namespace="x">1</ProprietaryId></ResourceId></SoundRecordingEdition></SoundRecording></ResourceList>',
    fails: '<ResourceList><SoundRecording><SoundRecordingEdition><ResourceId/></SoundRecordingEdition></SoundRecording></ResourceList>',
  },
  {
    code: 'profile.isrc_form',
    clause: 'ISO 3901',
    severity: 'error',
    hint: 'An ISRC is CC-XXX-YY-NNNNN, sent without hyphens.',
    check: (message) =>
      isrcs(message)
        .filter((isrc) => !/^[A-Z]{2}[A-Z0-9]{3}\d{7}$/i.test(isrc.text.trim()))
        .map((isrc) => breach(isrc, `"${isrc.text.trim()}" is not an ISRC`)),
    passes:
      '<ResourceList><SoundRecording><SoundRecordingEdition><ResourceId><ISRC>USRC12345678</ISRC></ResourceId></SoundRecordingEdition></SoundRecording></ResourceList>',
    fails:
      '<ResourceList><SoundRecording><SoundRecordingEdition><ResourceId><ISRC>US-RC1-23-45678</ISRC></ResourceId></SoundRecordingEdition></SoundRecording></ResourceList>',
  },
  {
    code: 'profile.isrc_twice',
    clause: 'ISO 3901',
    severity: 'error',
    hint: 'Two recordings cannot share an ISRC; an immersive mix has its own.',
    check: (message) => {
      const seen = new Set<string>();
      return isrcs(message)
        .filter((isrc) => seen.size === seen.add(isrc.text.trim()).size)
        .map((isrc) => breach(isrc, `ISRC ${isrc.text.trim()} is used for more than one recording`));
    },
    passes:
      '<ResourceList><SoundRecording><SoundRecordingEdition><ResourceId><ISRC>USRC12345678</ISRC></ResourceId></SoundRecordingEdition></SoundRecording></ResourceList>',
    fails:
      '<ResourceList><SoundRecording><SoundRecordingEdition><ResourceId><ISRC>USRC12345678</ISRC></ResourceId></SoundRecordingEdition></SoundRecording><SoundRecording><SoundRecordingEdition><ResourceId><ISRC>USRC12345678</ISRC></ResourceId></SoundRecordingEdition></SoundRecording></ResourceList>',
  },
  {
    code: 'profile.release_id_missing',
    clause: '7.3.1',
    severity: 'error',
    hint: 'Give the release a UPC or EAN, or let one be made for it.',
    check: (message) =>
      [...path(message, 'ReleaseList', 'Release'), ...path(message, 'ReleaseList', 'TrackRelease')]
        .filter((release) => !['GRid', 'ICPN', 'ProprietaryId'].some((name) => path(release, 'ReleaseId', name).length > 0))
        .map((release) => breach(release, `${nameOf(release)} has neither GRid nor ICPN nor ProprietaryId`)),
    passes: '<ReleaseList><Release><ReleaseId><ICPN>0123456789012</ICPN></ReleaseId></Release></ReleaseList>',
    fails: '<ReleaseList><Release><ReleaseId><CatalogNumber>1</CatalogNumber></ReleaseId></Release></ReleaseList>',
  },
  {
    code: 'profile.icpn_form',
    clause: '7.3.1',
    severity: 'error',
    hint: 'A UPC, EAN or GTIN has 8 or 12 to 14 digits.',
    check: (message) =>
      path(message, 'ReleaseList', 'Release', 'ReleaseId', 'ICPN')
        .filter((icpn) => !/^(\d{8}|\d{12,14})$/.test(icpn.text.trim()))
        .map((icpn) => breach(icpn, `"${icpn.text.trim()}" is not an ICPN of 8 or 12 to 14 digits`)),
    passes: '<ReleaseList><Release><ReleaseId><ICPN>0123456789012</ICPN></ReleaseId></Release></ReleaseList>',
    fails: '<ReleaseList><Release><ReleaseId><ICPN>01234567890</ICPN></ReleaseId></Release></ReleaseList>',
  },
  {
    code: 'profile.icpn_check_digit',
    clause: 'GS1 7.9',
    severity: 'warning',
    hint: 'The last digit of the UPC or EAN does not fit the others: look for a mistyped digit.',
    check: (message) =>
      path(message, 'ReleaseList', 'Release', 'ReleaseId', 'ICPN')
        .filter(
          (icpn) =>
            /^(\d{8}|\d{12,14})$/.test(icpn.text.trim()) && !icpn.text.trim().endsWith(gtinCheckDigit(icpn.text.trim().slice(0, -1))),
        )
        .map((icpn) => breach(icpn, `ICPN ${icpn.text.trim()} has a wrong check digit`)),
    passes: '<ReleaseList><Release><ReleaseId><ICPN>0123456789012</ICPN></ReleaseId></Release></ReleaseList>',
    fails: '<ReleaseList><Release><ReleaseId><ICPN>195497123456</ICPN></ReleaseId></Release></ReleaseList>',
  },
  {
    code: 'profile.grid_form',
    clause: '7.3.1',
    severity: 'error',
    hint: 'A GRid has 18 letters and digits and begins with A1.',
    check: (message) =>
      path(message, 'ReleaseList')
        .flatMap((list) => list.children)
        .flatMap((release) => path(release, 'ReleaseId', 'GRid'))
        .filter((grid) => !/^A1[0-9A-Z]{16}$/i.test(grid.text.trim()))
        .map((grid) => breach(grid, `"${grid.text.trim()}" is not a GRid of 18 characters`)),
    passes: '<ReleaseList><Release><ReleaseId><GRid>A10302B0003989564F</GRid></ReleaseId></Release></ReleaseList>',
    fails: '<ReleaseList><Release><ReleaseId><GRid>A1-0302B-0003989564-F</GRid></ReleaseId></Release></ReleaseList>',
  },
  {
    code: 'profile.grid_check_character',
    clause: 'ISO 7064',
    severity: 'warning',
    hint: 'The last character of the GRid does not fit the others: look for a mistyped one.',
    check: (message) =>
      path(message, 'ReleaseList')
        .flatMap((list) => list.children)
        .flatMap((release) => path(release, 'ReleaseId', 'GRid'))
        .filter(
          (grid) =>
            /^A1[0-9A-Z]{16}$/.test(grid.text.trim()) && !grid.text.trim().endsWith(mod3736CheckCharacter(grid.text.trim().slice(0, -1))),
        )
        .map((grid) => breach(grid, `GRid ${grid.text.trim()} has a wrong check character`)),
    passes: '<ReleaseList><Release><ReleaseId><GRid>A10302B0003989564F</GRid></ReleaseId></Release></ReleaseList>',
    fails: '<ReleaseList><Release><ReleaseId><GRid>A12425GABC1234567X</GRid></ReleaseId></Release></ReleaseList>',
  },
  {
    code: 'profile.iswc_check_digit',
    clause: 'ISO 15707',
    severity: 'warning',
    hint: 'The last digit of the ISWC does not fit the others: look for a mistyped one.',
    check: (message) =>
      recordings(message)
        .flatMap((item) => path(item, 'WorkId', 'ISWC'))
        .filter((iswc) => !/^T\d{10}$/.test(iswc.text.trim()) || !iswc.text.trim().endsWith(iswcCheckDigit(iswc.text.trim().slice(1, -1))))
        .map((iswc) => breach(iswc, `ISWC ${iswc.text.trim()} has a wrong form or check digit`)),
    passes: '<ResourceList><SoundRecording><WorkId><ISWC>T0345246801</ISWC></WorkId></SoundRecording></ResourceList>',
    fails: '<ResourceList><SoundRecording><WorkId><ISWC>T1234567890</ISWC></WorkId></SoundRecording></ResourceList>',
  },
  {
    code: 'profile.isni',
    clause: 'ISO 27729',
    severity: 'error',
    hint: 'An ISNI has 16 characters and a check character that fits: look it up at isni.org.',
    check: (message) =>
      path(message, 'PartyList', 'Party', 'PartyId', 'ISNI')
        .filter(
          (isni) =>
            !/^\d{15}[\dX]$/.test(isni.text.trim()) || !isni.text.trim().endsWith(isniCheckCharacter(isni.text.trim().slice(0, -1))),
        )
        .map((isni) => breach(isni, `"${isni.text.trim()}" is not an ISNI`)),
    passes: '<PartyList><Party><PartyId><ISNI>0000000121032683</ISNI></PartyId></Party></PartyList>',
    fails: '<PartyList><Party><PartyId><ISNI>4567</ISNI></PartyId></Party></PartyList>',
  },
  {
    code: 'profile.secondary_resource_id',
    clause: '7.4.2',
    severity: 'error',
    hint: 'Cover images are identified by the sender’s own id.',
    check: (message) =>
      path(message, 'ResourceList', 'Image')
        .filter((image) => path(image, 'ResourceId', 'ProprietaryId').length === 0)
        .map((image) => breach(image, `Image ${nameOf(image)} has no ProprietaryId`)),
    passes: '<ResourceList><Image><ResourceId><ProprietaryId Namespace="x">1</ProprietaryId></ResourceId></Image></ResourceList>',
    fails: '<ResourceList><Image><ResourceId/></Image></ResourceList>',
  },
  {
    code: 'profile.avs_version',
    clause: 'AvsVersionId',
    severity: 'warning',
    hint: 'AvsVersionId is the version of the allowed-value sets, a small whole number.',
    check: (message) => {
      const version = attributeOf(message, 'AvsVersionId');
      return version === undefined || /^\d{1,3}$/.test(version)
        ? []
        : [breach(message, `AvsVersionId "${version}" is no version of the allowed-value sets`, 'AvsVersionId')];
    },
    passes: '<ReleaseList/>',
    fails: 'AvsVersionId=2022',
  },
  {
    code: 'profile.dpid_form',
    clause: 'DDEX Party Identification',
    severity: 'warning',
    hint: 'A DDEX Party Id is PADPIDA, ten digits and a check character, without hyphens: ask the party for theirs.',
    check: (message) =>
      path(message, 'MessageHeader')
        .flatMap((header) => [
          ...path(header, 'MessageSender', 'PartyId'),
          ...path(header, 'MessageRecipient', 'PartyId'),
          ...path(header, 'SentOnBehalfOf', 'PartyId'),
        ])
        .filter((id) => !/^PA-?DPIDA-?[0-9A-Z]{10}-?[0-9A-Z]$/.test(id.text.trim()))
        .map((id) => breach(id, `"${id.text.trim()}" is not a DDEX Party Id`)),
    passes: '<MessageHeader><MessageSender><PartyId>PADPIDA2011072101T</PartyId></MessageSender></MessageHeader>',
    fails: '<MessageHeader><MessageSender><PartyId>ToneGrid</PartyId></MessageSender></MessageHeader>',
  },
  {
    code: 'profile.proprietary_namespace',
    clause: '7.3.1, 7.4.2',
    severity: 'warning',
    hint: 'An id of one’s own says whose it is: the DDEX Party Id of the company that gave it.',
    check: (message) =>
      [
        ...path(message, 'ResourceList').flatMap((list) => list.children.flatMap((item) => path(item, 'ResourceId', 'ProprietaryId'))),
        ...path(message, 'ReleaseList').flatMap((list) => list.children.flatMap((item) => path(item, 'ReleaseId', 'ProprietaryId'))),
      ]
        .filter((id) => !attributeOf(id, 'Namespace')?.trim())
        .map((id) => breach(id, `ProprietaryId ${id.text.trim()} does not say whose it is`, 'Namespace')),
    passes:
      '<ReleaseList><Release><ReleaseId><ProprietaryId Namespace="PADPIDA2011072101T">1</ProprietaryId></ReleaseId></Release></ReleaseList>',
    fails: '<ReleaseList><Release><ReleaseId><ProprietaryId Namespace="">1</ProprietaryId></ReleaseId></Release></ReleaseList>',
  },
  {
    code: 'profile.release_id_twice',
    clause: '7.3.4',
    severity: 'warning',
    hint: 'Each TrackRelease has an id of its own, made for instance of its ISRC and the UPC of the release.',
    check: (message) => {
      const seen = new Set<string>();
      return path(message, 'ReleaseList', 'TrackRelease', 'ReleaseId')
        .map((id) => id.children.find((each) => each.name === 'ProprietaryId' || each.name === 'GRid' || each.name === 'ICPN'))
        .filter((id) => id !== undefined)
        .filter((id) => seen.size === seen.add(id.text.trim()).size)
        .map((id) => breach(id, `Two TrackReleases are ${id.text.trim()}`));
    },
    passes:
      '<ReleaseList><TrackRelease><ReleaseId><ProprietaryId Namespace="x">1</ProprietaryId></ReleaseId></TrackRelease><TrackRelease><ReleaseId><ProprietaryId Namespace="x">2</ProprietaryId></ReleaseId></TrackRelease></ReleaseList>',
    fails:
      '<ReleaseList><TrackRelease><ReleaseId><ProprietaryId Namespace="x">1</ProprietaryId></ReleaseId></TrackRelease><TrackRelease><ReleaseId><ProprietaryId Namespace="x">1</ProprietaryId></ReleaseId></TrackRelease></ReleaseList>',
  },
];
