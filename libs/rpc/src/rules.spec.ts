import { create } from '@bufbuild/protobuf';
import {
  CreateArtistRequestSchema,
  CreateReleaseRequestSchema,
  CreateTrackRequestSchema,
  IngestJsonRequestSchema,
  ReleaseType,
  UpdateReleaseRequestSchema,
} from '@tonegrid/contracts';
import { checkRules, isUuid, parseDate } from './rules';

const release = { title: 'Eclipse', type: ReleaseType.SINGLE, releaseDate: '2026-05-01', genre: 'Afrobeats' };
const wrongWith = (more: object) => checkRules(CreateReleaseRequestSchema, create(CreateReleaseRequestSchema, { ...release, ...more }));

describe('rules of a field', () => {
  test('a message that keeps them has no errors', () => expect(wrongWith({})).toBeUndefined());

  test('all required fields that are missing are named at once', () =>
    expect(checkRules(CreateReleaseRequestSchema, create(CreateReleaseRequestSchema))).toEqual({
      title: ['The title field is required.'],
      type: ['The type field is required.'],
      release_date: ['The release_date field is required.'],
      genre: ['The genre field is required.'],
    }));

  test.each([
    ['blank text', { title: ' \t' }, { title: ['The title field is required.'] }],
    ['text that is too long', { title: 'x'.repeat(256) }, { title: ['The title may not be greater than 255 characters.'] }],
    ['a date that does not exist', { releaseDate: '2026-02-30' }, { release_date: ['The release_date is not a valid date (YYYY-MM-DD).'] }],
    ['a number below its least', { copyrightYear: 1700 }, { copyright_year: ['The copyright_year must be at least 1860.'] }],
    ['a number above its most', { copyrightYear: 2101 }, { copyright_year: ['The copyright_year may not be greater than 2100.'] }],
    ['a language that is none', { language: 'en_US' }, { language: ['The language must be a BCP-47 language tag.'] }],
    ['NUL', { title: 'a\0b' }, { title: ['The title contains characters that are not allowed.'] }],
    ['half a surrogate pair', { title: 'a\ud800b' }, { title: ['The title contains characters that are not allowed.'] }],
    [
      'a list that is too long',
      { artists: Array.from({ length: 51 }, () => ({ name: 'A' })) },
      { artists: ['The artists may not have more than 50 items.'] },
    ],
    [
      'a value of a map',
      { localizedTitles: { fr: 'x'.repeat(256) } },
      { 'localized_titles.fr': ['The localized_titles.fr may not be greater than 255 characters.'] },
    ],
  ])('%s', (_name, more, errors) => expect(wrongWith(more)).toEqual(errors));

  test('characters are counted, not UTF-16 units', () => expect(wrongWith({ title: '🌍'.repeat(255) })).toBeUndefined());

  test('nested messages are named by dots and indices', () => {
    const draft = { ...release, tracks: [{ title: 'One' }, { title: '', audioMd5: 'x' }] };
    expect(checkRules(IngestJsonRequestSchema, create(IngestJsonRequestSchema, { draft }))).toEqual({
      'draft.tracks.1.title': ['The draft.tracks.1.title field is required.'],
      'draft.tracks.1.audio_md5': ['The draft.tracks.1.audio_md5 must be an MD5 in 32 hexadecimal digits.'],
    });
  });

  test('false and 0 are values, not absence', () => {
    const track = { uuid: '01890000-0000-7000-8000-000000000000', title: 'One', position: 1, explicit: false };
    expect(checkRules(CreateTrackRequestSchema, create(CreateTrackRequestSchema, track))).toBeUndefined();
    expect(checkRules(CreateTrackRequestSchema, create(CreateTrackRequestSchema, { ...track, explicit: undefined, position: 0 }))).toEqual({
      explicit: ['The explicit field is required.'],
      position: ['The position must be at least 1.'],
    });
  });

  test('an update may leave a field out but not clear one that must not be empty', () => {
    const update = { uuid: '01890000-0000-7000-8000-000000000000' };
    expect(checkRules(UpdateReleaseRequestSchema, create(UpdateReleaseRequestSchema, update))).toBeUndefined();
    const cleared = create(UpdateReleaseRequestSchema, { ...update, updateMask: { paths: ['title', 'label'] } });
    expect(checkRules(UpdateReleaseRequestSchema, cleared)).toEqual({ title: ['The title field is required.'] });
  });

  test('a country is two capital letters', () => {
    const wrong = (country: string) => checkRules(CreateArtistRequestSchema, create(CreateArtistRequestSchema, { name: 'Rema', country }));
    expect(wrong('NG')).toBeUndefined();
    expect(wrong('ng')).toEqual({ country: ['The country must be an ISO 3166-1 alpha-2 code.'] });
  });
});

test.each(['2026-02-28', '2024-02-29'])('%s is a date', (text) => expect(parseDate(text)?.toISOString()).toBe(`${text}T00:00:00.000Z`));
test.each(['2025-02-29', '2026-2-1', '20260201', '2026-02-01T00:00:00Z', '0000-00-00', ''])('"%s" is no date', (text) =>
  expect(parseDate(text)).toBeUndefined(),
);
test('a UUID has its hyphens', () => {
  expect(isUuid('01890000-0000-7000-8000-000000000000')).toBe(true);
  expect(isUuid('01890000000070008000000000000000')).toBe(false);
});
