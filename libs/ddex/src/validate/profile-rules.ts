import { attributeOf, child, childrenNamed, path, textAt } from '../read/find';
import type { XmlElement } from '../read/scan-xml';
import { mod3736CheckCharacter, gtinCheckDigit, iswcCheckDigit, isniCheckCharacter } from '../identifiers/check-digits';

/** What breaks a rule, and where. */
export interface Breach {
  element: XmlElement;
  message: string;
}

/**
 * A rule of the release profiles (ERN 4 part 2). `clause` is the standard's; `passes` and `fails` are message bodies that the
 * test runs each rule against. Only what holds unconditionally is an error: the rest is a warning.
 */
export interface ProfileRule {
  code: string;
  clause: string;
  severity: 'error' | 'warning';
  hint: string;
  /** Profiles that the rule is for; all audio profiles when left out. */
  profiles?: readonly string[];
  check(message: XmlElement): Breach[];
  passes: string;
  fails: string;
}

const recordings = (message: XmlElement): XmlElement[] => path(message, 'ResourceList', 'SoundRecording');
const mainRelease = (message: XmlElement): XmlElement | undefined => path(message, 'ReleaseList', 'Release')[0];
const breach = (element: XmlElement, message: string): Breach => ({ element, message });
const nameOf = (resource: XmlElement): string =>
  textAt(resource, 'ResourceReference') ?? textAt(resource, 'ReleaseReference') ?? resource.name;
const primary = (message: XmlElement): XmlElement[] => recordings(message).filter((item) => attributeOf(item, 'IsSupplemental') !== 'true');

/** Resources that the main release's groups hold, at any depth. */
function contentOf(group: XmlElement | undefined): string[] {
  if (!group) return [];
  return [
    ...path(group, 'ResourceGroupContentItem', 'ReleaseResourceReference').map((item) => item.text.trim()),
    ...childrenNamed(group, 'ResourceGroup').flatMap(contentOf),
  ];
}

const streams: ReadonlySet<string> = new Set([
  'OnDemandStream',
  'NonInteractiveStream',
  'Stream',
  'ContentInfluencedStream',
  'TimeInfluencedStream',
]);
const localStart = (text: string): boolean => /^\d{4}-\d\d-\d\dT00:00:00(Z|\+00:00)$/.test(text);

export const profileRules: readonly ProfileRule[] = [
  {
    code: 'profile.main_release',
    clause: '7.3',
    severity: 'error',
    hint: 'Describe one release in each message.',
    check: (message) => {
      const releases = path(message, 'ReleaseList', 'Release');
      return releases.length === 1
        ? []
        : [breach(releases[1] ?? child(message, 'ReleaseList') ?? message, `One main Release is wanted, there are ${releases.length}`)];
    },
    passes: '<ReleaseList><Release/></ReleaseList>',
    fails: '<ReleaseList><Release/><Release/></ReleaseList>',
  },
  {
    code: 'profile.track_release_missing',
    clause: 'Audio profile',
    severity: 'error',
    profiles: ['Audio'],
    hint: 'Every track needs a TrackRelease of its own, even where it cannot be bought or streamed alone.',
    check: (message) => {
      const covered = new Set(path(message, 'ReleaseList', 'TrackRelease', 'ReleaseResourceReference').map((item) => item.text.trim()));
      return primary(message)
        .filter((item) => !covered.has(nameOf(item)))
        .map((item) => breach(item, `SoundRecording ${nameOf(item)} has no TrackRelease`));
    },
    passes:
      '<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference></SoundRecording></ResourceList><ReleaseList><TrackRelease><ReleaseResourceReference>A1</ReleaseResourceReference></TrackRelease></ReleaseList>',
    fails:
      '<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference></SoundRecording></ResourceList><ReleaseList><Release/></ReleaseList>',
  },
  {
    code: 'profile.front_cover',
    clause: 'Audio profile',
    severity: 'error',
    hint: 'Upload one front cover.',
    check: (message) => {
      const covers = path(message, 'ResourceList', 'Image').filter((image) => textAt(image, 'Type') === 'FrontCoverImage');
      return covers.length === 1
        ? []
        : [breach(covers[1] ?? child(message, 'ResourceList') ?? message, `One front cover image is wanted, there are ${covers.length}`)];
    },
    passes: '<ResourceList><Image><Type>FrontCoverImage</Type></Image></ResourceList>',
    fails: '<ResourceList><Image><Type>BackCoverImage</Type></Image></ResourceList>',
  },
  {
    code: 'profile.isrc_missing',
    clause: '7.4.1',
    severity: 'error',
    hint: 'Give each track its ISRC, or let one be made for it.',
    check: (message) =>
      recordings(message).flatMap((item) =>
        childrenNamed(item, 'SoundRecordingEdition')
          .filter((edition) => path(edition, 'ResourceId', 'ISRC').length === 0)
          .map((edition) => breach(edition, `SoundRecording ${nameOf(item)} has no ISRC`)),
      ),
    passes:
      '<ResourceList><SoundRecording><SoundRecordingEdition><ResourceId><ISRC>USRC12345678</ISRC></ResourceId></SoundRecordingEdition></SoundRecording></ResourceList>',
    fails: '<ResourceList><SoundRecording><SoundRecordingEdition><ResourceId/></SoundRecordingEdition></SoundRecording></ResourceList>',
  },
  {
    code: 'profile.isrc_form',
    clause: 'ISO 3901',
    severity: 'error',
    hint: 'An ISRC is CC-XXX-YY-NNNNN, sent without hyphens.',
    check: (message) =>
      recordings(message)
        .flatMap((item) => path(item, 'SoundRecordingEdition', 'ResourceId', 'ISRC'))
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
      return recordings(message)
        .flatMap((item) => path(item, 'SoundRecordingEdition', 'ResourceId', 'ISRC'))
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
    code: 'profile.artist_sequence',
    clause: '7.2.1',
    severity: 'error',
    hint: 'Display artists must be numbered in the order they are shown.',
    check: (message) =>
      [...recordings(message), ...path(message, 'ReleaseList', 'Release')].flatMap((item) => {
        const numbers = new Set<string>();
        return childrenNamed(item, 'DisplayArtist')
          .filter((artist) => {
            const number = attributeOf(artist, 'SequenceNumber');
            return number === undefined || numbers.size === numbers.add(number).size;
          })
          .map((artist) => breach(artist, `A DisplayArtist of ${nameOf(item)} has no sequence number of its own`));
      }),
    passes: '<ReleaseList><Release><DisplayArtist SequenceNumber="1"/><DisplayArtist SequenceNumber="2"/></Release></ReleaseList>',
    fails: '<ReleaseList><Release><DisplayArtist/></Release></ReleaseList>',
  },
  {
    code: 'profile.main_artist',
    clause: '7.2.2',
    severity: 'error',
    hint: 'Credit at least one main artist on the release and on each track.',
    check: (message) =>
      [...recordings(message), ...path(message, 'ReleaseList', 'Release')]
        .filter((item) => !path(item, 'DisplayArtist', 'DisplayArtistRole').some((role) => role.text.trim() !== 'FeaturedArtist'))
        .map((item) => breach(item, `${nameOf(item)} has no main artist`)),
    passes:
      '<ReleaseList><Release><DisplayArtist><DisplayArtistRole>MainArtist</DisplayArtistRole></DisplayArtist></Release></ReleaseList>',
    fails:
      '<ReleaseList><Release><DisplayArtist><DisplayArtistRole>FeaturedArtist</DisplayArtistRole></DisplayArtist></Release></ReleaseList>',
  },
  {
    code: 'profile.contributor_twice',
    clause: '7.4.6',
    severity: 'error',
    hint: 'Credit a person once for each track, with all their roles.',
    check: (message) =>
      recordings(message).flatMap((item) => {
        const seen = new Set<string>();
        return path(item, 'Contributor', 'ContributorPartyReference')
          .filter((reference) => seen.size === seen.add(reference.text.trim()).size)
          .map((reference) =>
            breach(reference, `${nameOf(item)} lists contributor ${reference.text.trim()} twice; one Contributor takes all roles`),
          );
      }),
    passes:
      '<ResourceList><SoundRecording><Contributor><ContributorPartyReference>P1</ContributorPartyReference></Contributor></SoundRecording></ResourceList>',
    fails:
      '<ResourceList><SoundRecording><Contributor><ContributorPartyReference>P1</ContributorPartyReference></Contributor><Contributor><ContributorPartyReference>P1</ContributorPartyReference></Contributor></SoundRecording></ResourceList>',
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
    code: 'profile.first_publication',
    clause: '7.4.7',
    severity: 'warning',
    hint: 'Say when the recording was first published, if it is known.',
    check: (message) =>
      recordings(message)
        .filter((item) => !child(item, 'FirstPublicationDate'))
        .map((item) => breach(item, `SoundRecording ${nameOf(item)} does not say when it was first published`)),
    passes: '<ResourceList><SoundRecording><FirstPublicationDate>2026-06-17</FirstPublicationDate></SoundRecording></ResourceList>',
    fails: '<ResourceList><SoundRecording/></ResourceList>',
  },
  {
    code: 'profile.release_date',
    clause: '7.3',
    severity: 'warning',
    hint: 'Give the release a date.',
    check: (message) => {
      const release = mainRelease(message);
      return !release || child(release, 'ReleaseDate') || child(release, 'OriginalReleaseDate')
        ? []
        : [breach(release, 'The release has no date')];
    },
    passes: '<ReleaseList><Release><ReleaseDate>2026-06-17</ReleaseDate></Release></ReleaseList>',
    fails: '<ReleaseList><Release/></ReleaseList>',
  },
  {
    code: 'profile.original_date_order',
    clause: 'ERN choreography, OriginalReleaseDateLaterThanReleaseDate',
    severity: 'error',
    hint: 'The original release date cannot be after the release date.',
    check: (message) => {
      const release = mainRelease(message);
      const original = child(release, 'OriginalReleaseDate');
      const date = textAt(release, 'ReleaseDate');
      return original && date && original.text.trim().slice(0, date.length) > date
        ? [breach(original, `Original release date ${original.text.trim()} is after ${date}`)]
        : [];
    },
    passes:
      '<ReleaseList><Release><ReleaseDate>2026-06-17</ReleaseDate><OriginalReleaseDate>1994</OriginalReleaseDate></Release></ReleaseList>',
    fails:
      '<ReleaseList><Release><ReleaseDate>2026-06-17</ReleaseDate><OriginalReleaseDate>2026-06-18</OriginalReleaseDate></Release></ReleaseList>',
  },
  {
    code: 'profile.content_missing',
    clause: 'Audio profile',
    severity: 'error',
    hint: 'Every track must have its place in the release.',
    check: (message) => {
      const release = mainRelease(message);
      const held = new Set(contentOf(child(release, 'ResourceGroup')));
      return release
        ? primary(message)
            .filter((item) => !held.has(nameOf(item)))
            .map((item) => breach(item, `SoundRecording ${nameOf(item)} is in no ResourceGroup of the release`))
        : [];
    },
    passes:
      '<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference></SoundRecording></ResourceList><ReleaseList><Release><ResourceGroup><ResourceGroupContentItem><ReleaseResourceReference>A1</ReleaseResourceReference></ResourceGroupContentItem></ResourceGroup></Release></ReleaseList>',
    fails:
      '<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference></SoundRecording></ResourceList><ReleaseList><Release><ResourceGroup/></Release></ReleaseList>',
  },
  {
    code: 'profile.edition_type',
    clause: 'schema, SoundRecordingEdition/Type',
    severity: 'error',
    hint: 'Where a track has an immersive mix, both mixes must say which they are.',
    check: (message) =>
      recordings(message)
        .filter((item) => childrenNamed(item, 'SoundRecordingEdition').length > 1)
        .flatMap((item) => childrenNamed(item, 'SoundRecordingEdition'))
        .filter((edition) => !child(edition, 'Type'))
        .map((edition) => breach(edition, 'Of two editions of a recording each must have a Type')),
    passes: '<ResourceList><SoundRecording><SoundRecordingEdition/></SoundRecording></ResourceList>',
    fails:
      '<ResourceList><SoundRecording><SoundRecordingEdition/><SoundRecordingEdition><Type>ImmersiveEdition</Type></SoundRecordingEdition></SoundRecording></ResourceList>',
  },
  {
    code: 'profile.title_pairs',
    clause: '7.2.5',
    severity: 'warning',
    hint: 'For each language give the title once as text and once in its parts.',
    check: (message) =>
      [...recordings(message), ...path(message, 'ReleaseList', 'Release')]
        .filter((item) => childrenNamed(item, 'DisplayTitleText').length > childrenNamed(item, 'DisplayTitle').length)
        .map((item) => breach(item, `${nameOf(item)} has more DisplayTitleTexts than DisplayTitles`)),
    passes: '<ReleaseList><Release><DisplayTitleText>A</DisplayTitleText><DisplayTitle/></Release></ReleaseList>',
    fails:
      '<ReleaseList><Release><DisplayTitleText>A</DisplayTitleText><DisplayTitleText>B</DisplayTitleText><DisplayTitle/></Release></ReleaseList>',
  },
  {
    code: 'profile.bundle_streaming',
    clause: 'Audio profile, deals',
    severity: 'error',
    profiles: ['Audio'],
    hint: 'Streams are licensed track by track: move the streaming deal to the TrackReleases.',
    check: (message) => {
      const release = mainRelease(message);
      if (recordings(message).length < 2 || !release) return [];
      const reference = textAt(release, 'ReleaseReference');
      return path(message, 'DealList', 'ReleaseDeal')
        .filter((deal) => childrenNamed(deal, 'DealReleaseReference').some((item) => item.text.trim() === reference))
        .flatMap((deal) => path(deal, 'Deal', 'DealTerms', 'UseType'))
        .filter((use) => streams.has(use.text.trim()))
        .map((use) => breach(use, `${use.text.trim()} is licensed for the main release of several tracks`));
    },
    passes:
      '<ResourceList><SoundRecording/><SoundRecording/></ResourceList><ReleaseList><Release><ReleaseReference>R0</ReleaseReference></Release></ReleaseList><DealList><ReleaseDeal><DealReleaseReference>R0</DealReleaseReference><Deal><DealTerms><UseType>PermanentDownload</UseType></DealTerms></Deal></ReleaseDeal></DealList>',
    fails:
      '<ResourceList><SoundRecording/><SoundRecording/></ResourceList><ReleaseList><Release><ReleaseReference>R0</ReleaseReference></Release></ReleaseList><DealList><ReleaseDeal><DealReleaseReference>R0</DealReleaseReference><Deal><DealTerms><UseType>OnDemandStream</UseType></DealTerms></Deal></ReleaseDeal></DealList>',
  },
  {
    code: 'profile.local_midnight',
    clause: 'schema, StartDateTime',
    severity: 'warning',
    hint: 'Without an offset a start is local midnight everywhere; with one, the west gets the release on the day before.',
    check: (message) =>
      path(message, 'DealList', 'ReleaseDeal', 'Deal', 'DealTerms', 'ValidityPeriod', 'StartDateTime')
        .filter((start) => localStart(start.text.trim()))
        .map((start) => breach(start, `${start.text.trim()} is midnight in UTC, not at each territory`)),
    passes:
      '<DealList><ReleaseDeal><Deal><DealTerms><ValidityPeriod><StartDateTime>2026-06-17T00:00:00</StartDateTime></ValidityPeriod></DealTerms></Deal></ReleaseDeal></DealList>',
    fails:
      '<DealList><ReleaseDeal><Deal><DealTerms><ValidityPeriod><StartDateTime>2026-06-17T00:00:00Z</StartDateTime></ValidityPeriod></DealTerms></Deal></ReleaseDeal></DealList>',
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
        : [breach(message, `AvsVersionId "${version}" is no version of the allowed-value sets`)];
    },
    passes: '<ReleaseList/>',
    fails: 'AvsVersionId=2022',
  },
];

const audioProfiles: ReadonlySet<string> = new Set(['Audio', 'SimpleAudioSingle']);

/** What a NewReleaseMessage of ERN 4 breaks of the release profiles. Other profiles than the audio ones are not judged. */
export function checkProfile(message: XmlElement): { rule: ProfileRule; breach: Breach }[] {
  const profile = attributeOf(message, 'ReleaseProfileVersionId') ?? 'Audio';
  if (!audioProfiles.has(profile)) return [];
  return profileRules
    .filter((rule) => !rule.profiles || rule.profiles.includes(profile))
    .flatMap((rule) => rule.check(message).map((found) => ({ rule, breach: found })));
}
