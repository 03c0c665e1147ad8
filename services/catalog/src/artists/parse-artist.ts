import { isTerritoryCode } from '@tonegrid/dsp-registry';
import { ruleMessage } from '@tonegrid/rpc';
import { textOrNull } from '../blank';
import { FieldReport } from '../field-report';
import { isniOf } from '../identifiers/parse-identifiers';
import type { ArtistFields } from './artist';

interface ArtistInput {
  name?: string;
  country?: string;
  appleArtistId?: string;
  spotifyArtistId?: string;
  biography?: string;
  isni?: string;
}

/** The fields of an artist in the columns of the table; blank is null. Throws `validation.failed`. */
export function parseArtist(input: ArtistInput): ArtistFields {
  const report = new FieldReport();
  const name = textOrNull(input.name);
  if (name === null) report.add('name', ruleMessage('required', 'name'));
  const country = textOrNull(input.country);
  if (country !== null && !isTerritoryCode(country)) report.add('country', ruleMessage('country', 'country'));
  const fields: ArtistFields = {
    name: name ?? '',
    country,
    apple_artist_id: textOrNull(input.appleArtistId),
    spotify_artist_id: textOrNull(input.spotifyArtistId),
    biography: textOrNull(input.biography),
    isni: isniOf(input.isni, 'isni', report),
  };
  report.throwIfAny();
  return fields;
}
