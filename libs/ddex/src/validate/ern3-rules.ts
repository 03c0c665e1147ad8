import { gtinCheckDigit } from '../identifiers/check-digits';
import { attributeOf, childrenNamed, path, textAt } from '../read/find';
import type { XmlElement } from '../read/scan-xml';
import { breach, isTrue, nameOf, recordings, type ProfileRule } from './profile-rule';

const clause = 'Release profiles 1.4 (ERN 3)';
const generation = 3;

const isrcsOf = (message: XmlElement): XmlElement[] => path(message, 'ResourceList', 'SoundRecording', 'SoundRecordingId', 'ISRC');
const icpns = (message: XmlElement): XmlElement[] => path(message, 'ReleaseList', 'Release', 'ReleaseId', 'ICPN');
/** Recordings but those that are secondary in every release that holds them. */
function primary3(message: XmlElement): XmlElement[] {
  const references = path(message, 'ReleaseList', 'Release', 'ReleaseResourceReferenceList', 'ReleaseResourceReference');
  const isSecondary = (item: XmlElement): boolean => attributeOf(item, 'ReleaseResourceType')?.trim() === 'SecondaryResource';
  const secondary = new Set(references.filter(isSecondary).map((item) => item.text.trim()));
  for (const item of references) if (!isSecondary(item)) secondary.delete(item.text.trim());
  return recordings(message).filter((item) => !secondary.has(nameOf(item)));
}
const recording = (inside: string): string =>
  `<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference>${inside}</SoundRecording></ResourceList>`;
const release = (inside: string, attributes = ''): string =>
  `<Release${attributes}><ReleaseReference>R1</ReleaseReference>${inside}</Release>`;

/** Rules about releases, recordings and covers as ERN 3.8.2 and 3.8.3 tell of them. */
export const ern3Rules: readonly ProfileRule[] = [
  {
    code: 'profile3.isrc_missing',
    generation,
    clause,
    severity: 'error',
    hint: 'Give each track its ISRC, or let one be made for it.',
    check: (message) =>
      primary3(message)
        .filter((item) => path(item, 'SoundRecordingId', 'ISRC').length === 0)
        .map((item) => breach(item, `SoundRecording ${nameOf(item)} has no ISRC`)),
    passes: recording('<SoundRecordingId><ISRC>USRC12345678</ISRC></SoundRecordingId>'),
    fails: recording('<SoundRecordingId><ProprietaryId Namespace="x">1</ProprietaryId></SoundRecordingId>'),
  },
  {
    code: 'profile3.isrc_form',
    generation,
    clause: 'ISO 3901',
    severity: 'error',
    hint: 'An ISRC is CC-XXX-YY-NNNNN, sent without hyphens.',
    check: (message) =>
      isrcsOf(message)
        .filter((isrc) => !/^[A-Z]{2}[A-Z0-9]{3}\d{7}$/i.test(isrc.text.trim()))
        .map((isrc) => breach(isrc, `"${isrc.text.trim()}" is not an ISRC`)),
    passes: recording('<SoundRecordingId><ISRC>USRC12345678</ISRC></SoundRecordingId>'),
    fails: recording('<SoundRecordingId><ISRC>US-RC1-23-45678</ISRC></SoundRecordingId>'),
  },
  {
    code: 'profile3.isrc_twice',
    generation,
    clause: 'ISO 3901',
    severity: 'error',
    hint: 'Two recordings cannot share an ISRC.',
    check: (message) => {
      const seen = new Set<string>();
      return isrcsOf(message)
        .filter((isrc) => seen.size === seen.add(isrc.text.trim()).size)
        .map((isrc) => breach(isrc, `ISRC ${isrc.text.trim()} is used for more than one recording`));
    },
    passes: recording('<SoundRecordingId><ISRC>USRC12345678</ISRC></SoundRecordingId>'),
    fails:
      '<ResourceList><SoundRecording><SoundRecordingId><ISRC>USRC12345678</ISRC></SoundRecordingId></SoundRecording><SoundRecording><SoundRecordingId><ISRC>USRC12345678</ISRC></SoundRecordingId></SoundRecording></ResourceList>',
  },
  {
    code: 'profile3.release_id_missing',
    generation,
    clause,
    severity: 'error',
    hint: 'Give the release a UPC or EAN, or let one be made for it.',
    check: (message) =>
      path(message, 'ReleaseList', 'Release')
        .filter((item) => !['GRid', 'ICPN', 'ISRC', 'ProprietaryId'].some((name) => path(item, 'ReleaseId', name).length > 0))
        .map((item) => breach(item, `${nameOf(item)} has no identifier`)),
    passes: `<ReleaseList>${release('<ReleaseId><ICPN>0123456789012</ICPN></ReleaseId>')}</ReleaseList>`,
    fails: `<ReleaseList>${release('<ReleaseId><CatalogNumber Namespace="x">1</CatalogNumber></ReleaseId>')}</ReleaseList>`,
  },
  {
    code: 'profile3.icpn_form',
    generation,
    clause,
    severity: 'error',
    hint: 'A UPC, EAN or GTIN has 8 or 12 to 14 digits.',
    check: (message) =>
      icpns(message)
        .filter((icpn) => !/^(\d{8}|\d{12,14})$/.test(icpn.text.trim()))
        .map((icpn) => breach(icpn, `"${icpn.text.trim()}" is not an ICPN of 8 or 12 to 14 digits`)),
    passes: `<ReleaseList>${release('<ReleaseId><ICPN>0123456789012</ICPN></ReleaseId>')}</ReleaseList>`,
    fails: `<ReleaseList>${release('<ReleaseId><ICPN>0123-4567</ICPN></ReleaseId>')}</ReleaseList>`,
  },
  {
    code: 'profile3.icpn_check_digit',
    generation,
    clause: 'GS1 7.9',
    severity: 'warning',
    hint: 'The last digit of the UPC or EAN does not fit the others: look for a mistyped digit.',
    check: (message) =>
      icpns(message)
        .filter(
          (icpn) =>
            /^(\d{8}|\d{12,14})$/.test(icpn.text.trim()) && !icpn.text.trim().endsWith(gtinCheckDigit(icpn.text.trim().slice(0, -1))),
        )
        .map((icpn) => breach(icpn, `ICPN ${icpn.text.trim()} has a wrong check digit`)),
    passes: `<ReleaseList>${release('<ReleaseId><ICPN>0123456789012</ICPN></ReleaseId>')}</ReleaseList>`,
    fails: `<ReleaseList>${release('<ReleaseId><ICPN>195497123456</ICPN></ReleaseId>')}</ReleaseList>`,
  },
  {
    code: 'profile3.grid_form',
    generation,
    clause,
    // DDEX partners' own published examples break it, so that it cannot be what messages are refused for.
    severity: 'warning',
    hint: 'A GRid has 18 letters and digits and begins with A1.',
    check: (message) =>
      path(message, 'ReleaseList', 'Release', 'ReleaseId', 'GRid')
        .filter((grid) => !/^A1[0-9A-Z]{16}$/i.test(grid.text.trim()))
        .map((grid) => breach(grid, `"${grid.text.trim()}" is not a GRid of 18 characters`)),
    passes: `<ReleaseList>${release('<ReleaseId><GRid>A10302B0003989564F</GRid></ReleaseId>')}</ReleaseList>`,
    fails: `<ReleaseList>${release('<ReleaseId><GRid>A1-0302B-0003989564-F</GRid></ReleaseId>')}</ReleaseList>`,
  },
  {
    code: 'profile3.main_release',
    generation,
    clause,
    severity: 'error',
    hint: 'Describe one release in each message, and say which one is the main one.',
    check: (message) => {
      const all = path(message, 'ReleaseList', 'Release');
      const flagged = all.filter((item) => isTrue(attributeOf(item, 'IsMainRelease')));
      if (flagged.length > 1) return [breach(flagged[1]!, `One main Release is wanted, there are ${flagged.length}`)];
      const mains = all.filter((item) => !path(item, 'ReleaseType').some((type) => /TrackRelease$/.test(type.text.trim())));
      return flagged.length === 1 || mains.length <= 1
        ? []
        : [breach(mains[1]!, `Of ${mains.length} Releases none is said to be the main one`)];
    },
    passes: `<ReleaseList>${release('', ' IsMainRelease="true"')}${release('<ReleaseType>TrackRelease</ReleaseType>')}</ReleaseList>`,
    fails: `<ReleaseList>${release('', ' IsMainRelease="true"')}${release('', ' IsMainRelease="true"')}</ReleaseList>`,
  },
  {
    code: 'profile3.track_release_missing',
    generation,
    clause,
    severity: 'warning',
    hint: 'Services license tracks one by one: give each track a release of type TrackRelease.',
    check: (message) => {
      const all = path(message, 'ReleaseList', 'Release');
      const items = primary3(message);
      if (items.length < 2) return [];
      const covered = new Set(
        all
          .filter((item) => childrenNamed(item, 'ReleaseType').some((type) => /TrackRelease$/.test(type.text.trim())))
          .flatMap((item) =>
            path(item, 'ReleaseResourceReferenceList', 'ReleaseResourceReference').map((reference) => reference.text.trim()),
          ),
      );
      return items
        .filter((item) => !covered.has(nameOf(item)))
        .map((item) => breach(item, `SoundRecording ${nameOf(item)} has no TrackRelease`));
    },
    passes: recording(''),
    fails:
      '<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference></SoundRecording><SoundRecording><ResourceReference>A2</ResourceReference></SoundRecording></ResourceList><ReleaseList><Release><ReleaseType>Album</ReleaseType></Release></ReleaseList>',
  },
  {
    code: 'profile3.front_cover',
    generation,
    clause,
    severity: 'error',
    hint: 'Upload one front cover.',
    check: (message) => {
      const covers = path(message, 'ResourceList', 'Image').filter((image) => textAt(image, 'ImageType') === 'FrontCoverImage');
      const list = path(message, 'ResourceList')[0];
      return covers.length === 1
        ? []
        : [breach(covers[1] ?? list ?? message, `One front cover image is wanted, there are ${covers.length}`)];
    },
    passes: '<ResourceList><Image><ImageType>FrontCoverImage</ImageType></Image></ResourceList>',
    fails: '<ResourceList><Image><ImageType>BackCoverImage</ImageType></Image></ResourceList>',
  },
];
