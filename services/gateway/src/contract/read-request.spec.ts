import fc from 'fast-check';
import { services } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import { compileRequest, type RequestParts } from './read-request';
import { contractRoutes, type ContractRoute } from './routes';

const routes = contractRoutes(services);
const uuid = '01890000-0000-7000-8000-00000000000a';
const routeOf = (name: string): ContractRoute => routes.find(({ method }) => method.name === name)!;
const read = (name: string, parts: Partial<RequestParts>) =>
  compileRequest(routeOf(name))({ path: {}, query: {}, body: undefined, ...parts }) as any;
const refusal = (name: string, parts: Partial<RequestParts>): Refused => {
  try {
    read(name, parts);
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
  throw new Error('was not refused');
};

describe('a JSON body', () => {
  const release = { title: 'Eclipse', type: 'ep', release_date: '2026-05-01', genre: 'Afrobeats' };

  it('becomes the request message: snake_case names, enums as words, null as absent', () => {
    const message = read('CreateRelease', {
      body: {
        ...release,
        label: null,
        copyright_year: 2026,
        explicit: false,
        localized_titles: { fr: 'Éclipse' },
        artists: [{ name: 'Rema', role: 'featured' }],
      },
    });
    expect(message).toMatchObject({
      title: 'Eclipse',
      type: 2,
      releaseDate: '2026-05-01',
      copyrightYear: 2026,
      explicit: false,
      localizedTitles: { fr: 'Éclipse' },
    });
    expect(message.label).toBeUndefined();
    expect(message.artists[0]).toMatchObject({ name: 'Rema', role: 2 });
  });

  it.each([
    ['a number for a text', { title: 5 }, { title: ['The title must be a string.'] }],
    ['a text for a number', { copyright_year: '2026' }, { copyright_year: ['The copyright_year must be an integer.'] }],
    ['a fraction for an integer', { copyright_year: 1.5 }, { copyright_year: ['The copyright_year must be an integer.'] }],
    ['an integer beyond its type', { copyright_year: 3e9 }, { copyright_year: ['The copyright_year may not be greater than 2147483647.'] }],
    ['a number beyond its rule', { copyright_year: 1700 }, { copyright_year: ['The copyright_year must be at least 1860.'] }],
    ['a word for a boolean', { explicit: 'true' }, { explicit: ['The explicit must be true or false.'] }],
    ['an unknown word of an enum', { type: 'lp' }, { type: ['The type must be one of: single, ep, album.'] }],
    ['an enum in capitals', { type: 'EP' }, { type: ['The type must be one of: single, ep, album.'] }],
    ['the number of an enum', { type: 2 }, { type: ['The type must be one of: single, ep, album.'] }],
    ['a null where something is required', { title: null }, { title: ['The title field is required.'] }],
    ['a blank where something is required', { title: '  ' }, { title: ['The title field is required.'] }],
    ['an object for a list', { artists: {} }, { artists: ['The artists must be an array.'] }],
    ['a null in a list', { artists: [null] }, { 'artists.0': ['The artists.0 must be an object.'] }],
    ['a list for a map', { localized_titles: [] }, { localized_titles: ['The localized_titles must be an object.'] }],
    ['a wrong value in a map', { localized_titles: { fr: 1 } }, { 'localized_titles.fr': ['The localized_titles.fr must be a string.'] }],
    ['an unknown name', { typo: 1 }, { typo: ['The typo field is not known.'] }],
    ['the camelCase of a name', { releaseDate: '2026-05-01' }, { releaseDate: ['The releaseDate field is not known.'] }],
    ['an unknown name below', { artists: [{ name: 'x' }, { nom: 'y' }] }, { 'artists.1.nom': ['The artists.1.nom field is not known.'] }],
    [
      'a date that does not exist',
      { release_date: '2026-02-30' },
      { release_date: ['The release_date is not a valid date (YYYY-MM-DD).'] },
    ],
    ['a NUL', { label: 'a\0b' }, { label: ['The label contains characters that are not allowed.'] }],
  ])('with %s is a 422 on that field', (_what, change, errors) => {
    const refused = refusal('CreateRelease', { body: { ...release, ...change } });
    expect(refused.code).toBe('validation.failed');
    expect({ ...refused.fields }).toEqual(errors);
  });

  it('is told everything that is wrong with it at once, and not twice', () => {
    const refused = refusal('CreateRelease', { body: { title: 5, typo: 1, artists: [{ uuid: 'x' }, 7] } });
    expect({ ...refused.fields }).toEqual({
      title: ['The title must be a string.'],
      typo: ['The typo field is not known.'],
      'artists.0.uuid': ['The artists.0.uuid must be a valid UUID.'],
      'artists.1': ['The artists.1 must be an object.'],
      type: ['The type field is required.'],
      release_date: ['The release_date field is required.'],
      genre: ['The genre field is required.'],
    });
  });

  it('cannot reach a prototype by __proto__ or constructor', () => {
    const body = JSON.parse(
      '{"title":"a","type":"ep","release_date":"2026-05-01","genre":"g","__proto__":{"x":1},"constructor":1,"localized_titles":{"__proto__":"x"}}',
    ) as unknown;
    const refused = refusal('CreateRelease', { body });
    expect(Object.keys(refused.fields!)).toEqual(['__proto__', 'constructor', 'localized_titles.__proto__']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('may hold a scalar for a list of one where the contract says so', () => {
    expect(read('AttachDsps', { path: { uuid }, body: { dsps: 'all' } }).dsps).toEqual(['all']);
    expect({ ...refusal('AttachDsps', { path: { uuid }, body: { dsps: 7 } }).fields }).toEqual({
      'dsps.0': ['The dsps.0 must be a string.'],
    });
    expect({ ...refusal('SetMonetization', { path: { uuid }, body: { monetization_policy_codes: 'x' } }).fields }).toEqual({
      monetization_policy_codes: ['The monetization_policy_codes must be an array.'],
    });
  });

  it('fills the update mask with the names that were supplied, null included', () => {
    const message = read('UpdateRelease', { path: { uuid }, body: { label: null, genre: 'Afropop' } });
    expect(message).toMatchObject({ uuid, genre: 'Afropop', updateMask: { paths: ['label', 'genre'] } });
    expect({ ...refusal('UpdateRelease', { path: { uuid }, body: { title: null } }).fields }).toEqual({
      title: ['The title field is required.'],
    });
  });

  it('can set neither what the path sets nor the mask', () => {
    expect(Object.keys(refusal('UpdateRelease', { path: { uuid }, body: { uuid, update_mask: 'x' } }).fields!)).toEqual([
      'uuid',
      'update_mask',
    ]);
  });

  it('takes 64-bit numbers as JSON numbers, as long as they are exact', () => {
    const price = (value: unknown) => ({ path: { uuid }, body: { pricing_tier_code: 'custom', pricing_custom_track_minor: value } });
    expect(read('SetPricingTier', price(129)).pricingCustomTrackMinor).toBe(129n);
    expect(refusal('SetPricingTier', price(2 ** 53)).fields).toHaveProperty('pricing_custom_track_minor');
    expect(refusal('SetPricingTier', price('129')).fields).toHaveProperty('pricing_custom_track_minor');
  });

  it.each([
    ['2026-03-10T09:00:00Z', 1773133200n, 0],
    ['2026-03-10t10:30:00.25+01:30', 1773133200n, 250_000_000],
    ['1969-12-31T23:59:59.5Z', -1n, 500_000_000],
  ])('takes the time %s', (text, seconds, nanos) => {
    expect(read('CreateApiKey', { body: { name: 'k', scopes: ['x'], expires_at: text } }).expiresAt).toMatchObject({ seconds, nanos });
  });

  it.each(['2026-02-30T00:00:00Z', '2026-03-10', '2026-03-10T09:00:00', '2026-03-10T25:00:00Z', 5, ''])(
    'does not take the time %j',
    (text) => {
      expect({ ...refusal('CreateApiKey', { body: { name: 'k', scopes: ['x'], expires_at: text } }).fields }).toEqual({
        expires_at: ['The expires_at must be an RFC 3339 date and time.'],
      });
    },
  );

  it('that is a field of the request has its paths from the body on', () => {
    const refused = refusal('IngestJson', { body: { title: 'x', type: 'ep', tracks: [{ title: 'a' }, { isrc: 5 }], nope: 1 } });
    expect({ ...refused.fields }).toEqual({
      nope: ['The nope field is not known.'],
      'tracks.1.isrc': ['The tracks.1.isrc must be a string.'],
      'tracks.1.title': ['The tracks.1.title field is required.'],
    });
  });

  it('must be an object; an endpoint without a body takes an empty one only', () => {
    expect({ ...refusal('CreateArtist', { body: [] }).fields }).toMatchObject({ body: ['The body must be an object.'] });
    expect(read('SubmitRelease', { path: { uuid }, body: {} })).toMatchObject({ uuid });
    expect({ ...refusal('SubmitRelease', { path: { uuid }, body: { force: true } }).fields }).toEqual({
      force: ['The force field is not known.'],
    });
  });

  it('made of mistakes is told a hundred of them', () => {
    const body = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`x${index}`, 1]));
    expect(Object.keys(refusal('CreateArtist', { body }).fields!)).toHaveLength(100);
  });
});

describe('a path', () => {
  it.each(['x', '', '01890000', `${uuid}0`, '%00'])('with %j where a UUID must stand names nothing', (wrong) => {
    expect(refusal('GetTrack', { path: { uuid: wrong } })).toMatchObject({ code: 'track.not_found', status: 404 });
  });
});

describe('a query string', () => {
  it('is read by the types of its fields; unknown parameters are passed over', () => {
    expect(read('ListReleases', { query: { page: '2', per_page: '10', status: 'taken_down', cursor: '', utm_source: 'x' } })).toMatchObject(
      { page: 2, perPage: 10, status: 6, cursor: '' },
    );
  });

  it.each([
    ['page', '0', 'The page must be at least 1.'],
    ['per_page', '-5', 'The per_page must be at least 1.'],
    ['limit', 'ten', 'The limit must be an integer.'],
    ['page', '1.5', 'The page must be an integer.'],
    ['page', '', 'The page must be an integer.'],
    ['page', '0x10', 'The page must be an integer.'],
    ['status', 'gone', 'The status must be one of: draft, pending, approved, rejected, live, taken_down.'],
    ['status', ['live', 'draft'], 'The status must be given once.'],
    ['artist_uuid', 'x', 'The artist_uuid must be a valid UUID.'],
  ])('with %s=%s is a 422', (name, value, message) => {
    expect({ ...refusal('ListReleases', { query: { [name]: value } }).fields }).toEqual({ [name]: [message] });
  });

  it('with a count beyond all bounds has the largest one, which the service brings down to its cap', () => {
    expect(read('ListReleases', { query: { per_page: '99999999999999999999' } }).perPage).toBe(2 ** 31 - 1);
  });
});

describe('whatever is sent', () => {
  const body = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          'title',
          'type',
          'tracks',
          'artists',
          'dsps',
          'localized_titles',
          'release_date',
          'copyright_year',
          'explicit',
          '__proto__',
        ),
        fc.string(),
      ),
      fc.oneof(fc.jsonValue(), fc.array(fc.dictionary(fc.constantFrom('title', 'name', 'role', 'isrc', 'artists'), fc.jsonValue()))),
    ),
  );
  const bodied = routes.filter((route) => route.method.methodKind === 'unary').map((route) => ({ route, run: compileRequest(route) }));
  const query = fc.dictionary(
    fc.constantFrom('page', 'per_page', 'status', 'type', 'cursor', 'q', 'from', 'x'),
    fc.oneof(fc.string(), fc.array(fc.string())),
  );

  it('is read or refused, and never breaks anything', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...bodied),
        body,
        query,
        fc.oneof(fc.constant(uuid), fc.string()),
        ({ route, run }, json, parameters, id) => {
          const path = Object.fromEntries(route.parameters.map(({ name }) => [name, id]));
          try {
            expect(run({ path, query: parameters, body: json }).$typeName).toBe(route.method.input.typeName);
          } catch (error) {
            if (!(error instanceof Refused)) throw error;
            // 403 where the contract says so of an id that names nothing (impersonation of a stranger).
            expect([route.access.notFound === 'tenant.not_descendant' ? 403 : 404, 422]).toContain(error.status);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('nests as deeply as it likes without effect', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    expect(() => read('CreateArtist', { body: { name: deep } })).toThrow(Refused);
  });
});
