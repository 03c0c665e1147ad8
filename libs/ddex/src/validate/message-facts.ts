import { attributeOf, child, childrenNamed, path, textAt } from '../read/find';
import type { XmlElement } from '../read/scan-xml';
import { isTrue, nameOf } from './profile-rule';

/** A text with the element that bears it. */
export interface Told {
  text: string;
  element: XmlElement;
}

/** A title as it is shown, version included. */
export interface TitleTold extends Told {
  of: 'release' | 'track';
  /** BCP-47; null where the message does not say. */
  language: string | null;
}

/** An image file's own facts; null where the message does not say. */
export interface ImageTold {
  element: XmlElement;
  width: number | null;
  height: number | null;
  /** `JPEG`, `PNG`, `TIFF`, `GIF`, … */
  format: string | null;
}

/** What is told of one recording. */
export interface TrackTold {
  element: XmlElement;
  name: string;
  parentalWarnings: Told[];
  /** Roles of contributors; a user-defined one by its own word. */
  roles: (Told & { isUserDefined: boolean })[];
  audio: { element: XmlElement; sampleRate: number | null; bitDepth: number | null }[];
}

/** What the rules of DSPs are asked of: the same for every ERN version. */
export interface MessageFacts {
  titles: TitleTold[];
  covers: ImageTold[];
  tracks: TrackTold[];
  /** Of the main release. */
  parentalWarnings: Told[];
  /** Names of display artists, on the release and its tracks. */
  artists: Told[];
}

const told = (element: XmlElement): Told => ({ text: element.text.trim(), element });

const numberAt = (element: XmlElement | undefined, name: string): number | null => {
  const text = textAt(element, name);
  const value = text === undefined || text === '' ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
};

const units: Readonly<Record<string, number>> = { Hz: 1, kHz: 1_000, MHz: 1_000_000, GHz: 1_000_000_000 };

function hertz(file: XmlElement): number | null {
  const rate = numberAt(file, 'SamplingRate');
  const unit = attributeOf(child(file, 'SamplingRate'), 'UnitOfMeasure') ?? 'Hz';
  return rate === null ? null : Math.round(rate * (units[unit] ?? 1));
}

const extensions: Readonly<Record<string, string>> = { jpg: 'JPEG', jpeg: 'JPEG', png: 'PNG', tif: 'TIFF', tiff: 'TIFF', gif: 'GIF' };

function formatOf(details: XmlElement): string | null {
  const codec = textAt(details, 'ImageCodecType');
  if (codec && codec !== 'Unknown' && codec !== 'UserDefined') return codec;
  const file = textAt(details, 'File', 'URI') ?? textAt(details, 'File', 'FileName') ?? '';
  return extensions[/\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? ''] ?? null;
}

const imageOf = (details: XmlElement): ImageTold => ({
  element: details,
  width: numberAt(details, 'ImageWidth'),
  height: numberAt(details, 'ImageHeight'),
  format: formatOf(details),
});

const audioOf = (file: XmlElement) => ({ element: file, sampleRate: hertz(file), bitDepth: numberAt(file, 'BitsPerSample') });

const roleOf = (role: XmlElement) => {
  const isUserDefined = role.text.trim() === 'UserDefined';
  return { element: role, isUserDefined, text: (isUserDefined ? attributeOf(role, 'UserDefinedValue') : undefined) ?? role.text.trim() };
};

/** ERN 4: titles of the whole world and each locale, resources with their details directly below them. */
function factsOf4(message: XmlElement): MessageFacts {
  const releases = path(message, 'ReleaseList', 'Release');
  const recordings = path(message, 'ResourceList', 'SoundRecording');
  const names = new Map(
    path(message, 'PartyList', 'Party').map((party) => [textAt(party, 'PartyReference'), textAt(party, 'PartyName', 'FullName')]),
  );
  const titles = (items: XmlElement[], of: TitleTold['of']): TitleTold[] =>
    items.flatMap((item) =>
      childrenNamed(item, 'DisplayTitleText').map((title) => ({
        ...told(title),
        of,
        language: attributeOf(title, 'LanguageAndScriptCode') ?? null,
      })),
    );
  return {
    titles: [...titles(releases, 'release'), ...titles(recordings, 'track')],
    covers: path(message, 'ResourceList', 'Image')
      .filter((image) => textAt(image, 'Type') === 'FrontCoverImage')
      .flatMap((image) => childrenNamed(image, 'TechnicalDetails'))
      .map(imageOf),
    tracks: recordings.map((item) => {
      const details = [...path(item, 'SoundRecordingEdition', 'TechnicalDetails'), ...childrenNamed(item, 'TechnicalDetails')];
      return {
        element: item,
        name: nameOf(item),
        parentalWarnings: childrenNamed(item, 'ParentalWarningType').map(told),
        roles: path(item, 'Contributor', 'Role').map(roleOf),
        audio: details
          .flatMap((each) => (child(each, 'SamplingRate') ? [each] : childrenNamed(each, 'DeliveryFile')))
          .filter((file) => child(file, 'SamplingRate') ?? child(file, 'BitsPerSample'))
          .map(audioOf),
      };
    }),
    parentalWarnings: releases.flatMap((release) => childrenNamed(release, 'ParentalWarningType')).map(told),
    artists: [...releases, ...recordings].flatMap((item) =>
      path(item, 'DisplayArtist', 'ArtistPartyReference').map((reference) => ({
        element: reference,
        text: names.get(reference.text.trim()) ?? '',
      })),
    ),
  };
}

/** ERN 3: what varies by territory lies in details by territory, and parties are written out where they are named. */
function factsOf3(message: XmlElement): MessageFacts {
  const all = path(message, 'ReleaseList', 'Release');
  const flagged = all.filter((release) => isTrue(attributeOf(release, 'IsMainRelease')));
  const releases = flagged.length > 0 ? flagged : all.slice(0, 1);
  const recordings = path(message, 'ResourceList', 'SoundRecording');
  const titleOf = (item: XmlElement, of: TitleTold['of']): TitleTold[] =>
    childrenNamed(item, 'ReferenceTitle').map((title) => ({
      element: title,
      of,
      text: [textAt(title, 'TitleText'), textAt(title, 'SubTitle')].filter(Boolean).join(' '),
      language: attributeOf(title, 'LanguageAndScriptCode') ?? null,
    }));
  return {
    titles: [...releases.flatMap((item) => titleOf(item, 'release')), ...recordings.flatMap((item) => titleOf(item, 'track'))],
    covers: path(message, 'ResourceList', 'Image')
      .filter((image) => textAt(image, 'ImageType') === 'FrontCoverImage')
      .flatMap((image) => path(image, 'ImageDetailsByTerritory', 'TechnicalImageDetails'))
      .map(imageOf),
    tracks: recordings.map((item) => {
      const details = childrenNamed(item, 'SoundRecordingDetailsByTerritory');
      return {
        element: item,
        name: nameOf(item),
        parentalWarnings: details.flatMap((each) => childrenNamed(each, 'ParentalWarningType')).map(told),
        roles: details
          .flatMap((each) => [
            ...path(each, 'ResourceContributor', 'ResourceContributorRole'),
            ...path(each, 'IndirectResourceContributor', 'IndirectResourceContributorRole'),
          ])
          .map(roleOf),
        audio: details.flatMap((each) => childrenNamed(each, 'TechnicalSoundRecordingDetails')).map(audioOf),
      };
    }),
    parentalWarnings: releases.flatMap((release) => path(release, 'ReleaseDetailsByTerritory', 'ParentalWarningType')).map(told),
    artists: [
      ...releases.flatMap((item) => path(item, 'ReleaseDetailsByTerritory', 'DisplayArtist', 'PartyName', 'FullName')),
      ...recordings.flatMap((item) => path(item, 'SoundRecordingDetailsByTerritory', 'DisplayArtist', 'PartyName', 'FullName')),
    ].map(told),
  };
}

/** Reads what DSPs have rules about out of a NewReleaseMessage of any version. Pure; what is not there is not told. */
export const messageFacts = (message: XmlElement, ernVersion: string): MessageFacts =>
  ernVersion.startsWith('3.') ? factsOf3(message) : factsOf4(message);
