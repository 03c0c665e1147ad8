import type { CodedValue, CopyrightLine, DeliveredFile, DisplayArtist, Genre, Title } from '../model/notification';
import { worldwide } from './party-nodes';
import { element, leaf, type Child, type Node } from './string-tree';

/** ISO 8601 as DDEX writes it: `PT3M38S`, `PT1H0M2S`. */
export function isoDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `PT${hours > 0 ? `${hours}H` : ''}${hours > 0 || minutes > 0 ? `${minutes}M` : ''}${seconds % 60}S`;
}

export const codedNode = (name: string, coded: CodedValue): Node =>
  element(
    name,
    coded.userDefined ? { Namespace: coded.userDefined.namespace, UserDefinedValue: coded.userDefined.value } : null,
    coded.value,
  );

/** For each language a DisplayTitleText and a DisplayTitle with the same code; the schema wants all of the first before all of the second. */
export function titleNodes(titles: Title[]): Child[] {
  const attributes = (title: Title): Record<string, string | boolean | undefined> => ({
    LanguageAndScriptCode: title.language,
    ...worldwide,
    IsDefault: title.isDefault || undefined,
  });
  return [
    ...titles.map((title) => leaf('DisplayTitleText', title.display, attributes(title))),
    ...titles.map((title) =>
      element('DisplayTitle', attributes(title), [
        leaf('TitleText', title.text),
        leaf('SubTitle', title.version, { SubTitleType: 'Version' }),
      ]),
    ),
  ];
}

export function artistNodes(name: string, artists: DisplayArtist[]): Child[] {
  return [
    leaf('DisplayArtistName', name, worldwide),
    ...artists.map((artist) =>
      element('DisplayArtist', { SequenceNumber: artist.sequence }, [
        leaf('ArtistPartyReference', artist.party),
        leaf('DisplayArtistRole', artist.role),
      ]),
    ),
  ];
}

export const copyrightNode = (letter: 'P' | 'C', line: CopyrightLine | undefined): Child =>
  line && element(`${letter}Line`, worldwide, [leaf('Year', line.year), leaf(`${letter}LineText`, line.text)]);

export const genreNode = (genre: Genre): Node =>
  element('Genre', worldwide, [leaf('GenreText', genre.text), leaf('SubGenre', genre.subGenre)]);

export const fileNode = (file: DeliveredFile): Node =>
  element('File', null, [
    leaf('URI', file.uri),
    file.md5 !== undefined && element('HashSum', null, [leaf('Algorithm', 'MD5'), leaf('HashSumValue', file.md5)]),
    leaf('FileSize', file.sizeKilobytes),
  ]);
