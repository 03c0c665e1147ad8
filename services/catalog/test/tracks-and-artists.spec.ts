import { create } from '@bufbuild/protobuf';
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt';
import { ArtistRole, AudioStatus } from '@tonegrid/contracts';
import { approvedRelease, bareRelease, readyRelease } from './fixtures';
import { newCaller, refusal, startCatalog, type Catalog } from './start-catalog';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await startCatalog();
});
afterAll(() => catalog?.stop());

const mask = (...paths: string[]) => create(FieldMaskSchema, { paths });

describe('tracks', () => {
  test('are made with their ISRC assigned or in its normal form, and listed by position', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    const { track: second } = await catalog.client.createTrack(caller, {
      uuid,
      title: 'B',
      position: 2,
      explicit: true,
      isrc: 'us-rc1-23-45678',
    });
    const { track: first } = await catalog.client.createTrack(caller, {
      uuid,
      title: 'A',
      position: 1,
      explicit: false,
      artists: [{ name: 'Ada Okafor' }, { name: 'Tems', role: ArtistRole.FEATURED }],
      contributors: [{ name: 'Sarz', role: 'producer' }],
      localizedTitles: { 'zh-hans': '一' },
    });
    expect(second).toMatchObject({
      isrc: 'USRC12345678',
      explicit: true,
      language: 'en',
      audioStatus: AudioStatus.PENDING,
      releaseUuid: uuid,
    });
    expect(first?.isrc).toMatch(/^NGT[0-9A-Z]{2}\d{7}$/);
    expect(first).toMatchObject({
      artists: [
        { name: 'Ada Okafor', role: ArtistRole.MAIN },
        { name: 'Tems', role: ArtistRole.FEATURED },
      ],
      contributors: [{ name: 'Sarz', role: 'producer' }],
      localizedTitles: { 'zh-Hans': '一' },
    });
    expect((await catalog.client.listTracks(caller, { uuid })).tracks).toEqual([first, second]);
    expect((await catalog.client.getTrack(caller, { uuid: first!.uuid })).track).toEqual(first);
    const { release } = await catalog.client.getRelease(caller, { uuid });
    expect(release?.tracks.map(({ title, isrc }) => [title, isrc])).toEqual([
      ['A', first!.isrc],
      ['B', 'USRC12345678'],
    ]);
    expect((await catalog.told(uuid)).at(-1)).toMatchObject({ type: 'release.updated', data: { changed: ['tracks'] } });
  });

  test('with a wrong ISRC, a missing position or a position that is taken are refused', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    await catalog.client.createTrack(caller, { uuid, title: 'A', position: 1, explicit: false });
    expect(
      (await refusal(catalog.client.createTrack(caller, { uuid, title: 'B', position: 2, explicit: false, isrc: 'nonsense' }))).fields,
    ).toEqual({
      isrc: ['The isrc must be an ISRC of the form CC-XXX-YY-NNNNN.'],
    });
    expect((await refusal(catalog.client.createTrack(caller, { uuid, title: 'B' }))).fields).toEqual({
      position: ['The position field is required.'],
      explicit: ['The explicit field is required.'],
    });
    expect((await refusal(catalog.client.createTrack(caller, { uuid, title: 'B', position: 1, explicit: false }))).code).toBe(
      'track.position_taken',
    );
  });

  test('come and go only while the release is in draft or rejected', async () => {
    const caller = newCaller();
    const release = await readyRelease(catalog, caller);
    await catalog.client.submitRelease(caller, { uuid: release.uuid });
    const add = () => catalog.client.createTrack(caller, { uuid: release.uuid, title: 'B', position: 2, explicit: false });
    expect((await refusal(add())).code).toBe('release.tracks_locked');
    expect((await refusal(catalog.client.deleteTrack(caller, { uuid: release.tracks[0]!.uuid }))).code).toBe('release.tracks_locked');
    await catalog.client.rejectRelease(caller, { uuid: release.uuid, reason: 'x' });
    const { track } = await add();
    expect(await catalog.client.deleteTrack(caller, { uuid: track!.uuid })).toMatchObject({ message: 'Track deleted.' });
    expect((await refusal(catalog.client.getTrack(caller, { uuid: track!.uuid }))).code).toBe('track.not_found');
  });

  test('are changed by supplied fields; of an approved release everything but the ISRC is a correction', async () => {
    const caller = newCaller();
    const release = await approvedRelease(catalog, caller);
    const uuid = release.tracks[0]!.uuid;
    const { track } = await catalog.client.updateTrack(caller, {
      uuid,
      updateMask: mask('title', 'contributors', 'artists', 'language'),
      title: 'Eclipse (Radio Edit)',
      contributors: [{ name: 'P2J', role: 'mix_engineer' }],
      artists: [{ name: 'Ada Okafor' }],
    });
    expect(track).toMatchObject({
      title: 'Eclipse (Radio Edit)',
      contributors: [{ name: 'P2J', role: 'mix_engineer' }],
      artists: [{ name: 'Ada Okafor' }],
    });
    expect(track?.language).toBeUndefined();
    expect(track?.audioStatus).toBe(AudioStatus.PROCESSED);
    expect((await catalog.client.getRelease(caller, { uuid: release.uuid })).release?.hasUndeliveredChanges).toBe(true);
    expect((await refusal(catalog.client.updateTrack(caller, { uuid, isrc: 'USRC12345678' }))).code).toBe('release.field_locked');
    await catalog.client.updateTrack(caller, { uuid, isrc: track!.isrc });
    expect((await refusal(catalog.client.updateTrack(newCaller(), { uuid, title: 'x' }))).code).toBe('track.not_found');
  });
});

describe('artists', () => {
  test('are made, read, changed by supplied fields and deleted', async () => {
    const caller = newCaller();
    const { artist } = await catalog.client.createArtist(caller, {
      name: ' Rema ',
      country: 'NG',
      spotifyArtistId: '46pWGuE3dSwY3bMMXGBvVS',
      isni: '0000 0001 2103 2683',
    });
    expect(artist).toMatchObject({ name: 'Rema', country: 'NG', isni: '0000000121032683' });
    const { artist: changed } = await catalog.client.updateArtist(caller, {
      uuid: artist!.uuid,
      updateMask: mask('apple_artist_id', 'country'),
      appleArtistId: '1109699158',
    });
    expect(changed).toMatchObject({ name: 'Rema', appleArtistId: '1109699158', isni: '0000000121032683' });
    expect(changed?.country).toBeUndefined();
    expect((await catalog.client.getArtist(caller, { uuid: artist!.uuid })).artist).toEqual(changed);
    await catalog.client.deleteArtist(caller, { uuid: artist!.uuid });
    expect((await refusal(catalog.client.getArtist(caller, { uuid: artist!.uuid }))).code).toBe('artist.not_found');
  });

  test('with a wrong ISNI or a country that is none are refused', async () => {
    const refused = await refusal(catalog.client.createArtist(newCaller(), { name: 'x', country: 'XX', isni: '0000000121032684' }));
    expect(refused.fields).toEqual({
      country: ['The country must be an ISO 3166-1 alpha-2 code.'],
      isni: ['The isni has a wrong check character (3 expected).'],
    });
  });

  test('are listed in alphabetical order whatever their accents and case, also by cursor', async () => {
    const caller = newCaller();
    const names = ['Zé', 'Émile', 'eddie', 'Ada', 'ándrea', 'Zara'];
    for (const name of names) await catalog.client.createArtist(caller, { name });
    const sorted = ['Ada', 'ándrea', 'eddie', 'Émile', 'Zara', 'Zé'];
    const { artists, total } = await catalog.client.listArtists(caller, {});
    expect(artists.map(({ name }) => name)).toEqual(sorted);
    expect(total).toBe(6n);
    const walked: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: Awaited<ReturnType<typeof catalog.client.listArtists>> = await catalog.client.listArtists(caller, { cursor, limit: 4 });
      walked.push(...page.artists.map(({ name }) => name));
      cursor = page.nextCursor;
    }
    expect(walked).toEqual(sorted);
    expect((await catalog.client.listArtists(caller, { q: 'ed' })).artists).toHaveLength(1);
  });

  test('of one name credited at the same time are one profile', async () => {
    const caller = newCaller();
    await Promise.all(
      ['Ada Okafor', 'ada okafor', 'ADA  OKAFOR'].flatMap((name) =>
        [1, 2].map(() => bareRelease(catalog, caller, { artists: [{ name }] })),
      ),
    );
    const { artists } = await catalog.client.listArtists(caller, {});
    expect(artists).toHaveLength(1);
    const found = await catalog.client.listReleases(caller, { artistUuid: artists[0]!.uuid });
    expect(found.total).toBe(6n);
  });

  test('cannot be deleted while a release or a track credits them', async () => {
    const caller = newCaller();
    const { uuid, artists } = await bareRelease(catalog, caller, { artists: [{ name: 'Ada' }] });
    expect((await refusal(catalog.client.deleteArtist(caller, { uuid: artists[0]!.uuid }))).code).toBe('artist.in_use');
    await catalog.client.updateRelease(caller, { uuid, updateMask: mask('artists') });
    const { track } = await catalog.client.createTrack(caller, {
      uuid,
      title: 'A',
      position: 1,
      explicit: false,
      artists: [{ uuid: artists[0]!.uuid }],
    });
    expect((await refusal(catalog.client.deleteArtist(caller, { uuid: artists[0]!.uuid }))).code).toBe('artist.in_use');
    await catalog.client.deleteTrack(caller, { uuid: track!.uuid });
    await catalog.client.deleteArtist(caller, { uuid: artists[0]!.uuid });
  });

  test('a new name is an undelivered change of the releases that credit the artist', async () => {
    const caller = newCaller();
    const { uuid } = await approvedRelease(catalog, caller);
    const { release } = await catalog.client.updateRelease(caller, { uuid, artists: [{ name: 'Old Name' }] });
    await catalog.all('update releases set has_undelivered_changes = false where uuid = $1', [uuid]);
    await catalog.client.updateArtist(caller, { uuid: release!.artists[0]!.uuid, name: 'New Name' });
    const { release: after } = await catalog.client.getRelease(caller, { uuid });
    expect(after).toMatchObject({ hasUndeliveredChanges: true, artists: [{ name: 'New Name' }] });
    expect((await catalog.told(uuid)).at(-1)).toMatchObject({ type: 'release.updated', data: { changed: ['artists'] } });
  });
});
