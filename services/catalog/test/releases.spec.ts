import { ReleaseStatus, ReleaseType } from '@tonegrid/contracts';
import { v4 } from 'uuid';
import { refusal, startCatalog, withKey, type Catalog } from './start-catalog';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await startCatalog();
});
afterAll(() => catalog?.stop());

const eclipse = { title: ' Eclipse ', type: ReleaseType.SINGLE, releaseDate: '2026-05-01', genre: 'Afrobeats' };

describe('making a release', () => {
  test('answers a draft with everything that was left out filled in', async () => {
    const caller = catalog.newCaller();
    const { release } = await catalog.client.createRelease(caller, { ...eclipse, artists: [{ name: 'Ada Okafor' }] });
    expect(release).toMatchObject({
      title: 'Eclipse',
      type: ReleaseType.SINGLE,
      status: ReleaseStatus.DRAFT,
      label: 'Harbour Records',
      copyrightYear: new Date().getUTCFullYear(),
      releaseDate: '2026-05-01',
      dsps: [],
      tracks: [],
      hasUndeliveredChanges: false,
    });
    expect(release?.upc).toMatch(/^2\d{11}$/);
    expect(release?.grid).toMatch(/^A1TNGRD[0-9A-Z]{11}$/);
    expect(release?.artists).toMatchObject([{ name: 'Ada Okafor', role: 1 }]);
    const { release: read } = await catalog.client.getRelease(caller, { uuid: release!.uuid });
    expect(read).toEqual(release);
  });

  test('a release and its event commit together', async () => {
    const caller = catalog.newCaller();
    const { release } = await catalog.client.createRelease(caller, { ...eclipse, upc: '0123456789012' });
    expect(await catalog.told(release!.uuid)).toMatchObject([
      {
        type: 'release.created',
        tenantuuid: caller.tenantUuid,
        data: {
          release_uuid: release!.uuid,
          title: 'Eclipse',
          upc: '0123456789012',
          status: 'draft',
          type: 'single',
          track_count: 0,
          source: 'api',
          ingestion_job_uuid: null,
        },
      },
    ]);
  });

  test('is made once for one Idempotency-Key', async () => {
    const caller = catalog.newCaller();
    const first = await catalog.client.createRelease(withKey(caller, 'k1'), eclipse);
    const again = withKey(caller, 'k1');
    expect(await catalog.client.createRelease(again, eclipse)).toEqual(first);
    expect(again.answer.replayed).toBe(true);
    expect((await refusal(catalog.client.createRelease(withKey(caller, 'k1', 'other'), eclipse))).code).toBe('idempotency.key_mismatch');
    expect((await catalog.client.listReleases(caller, {})).data).toHaveLength(1);
  });

  test('names every wrong field at once', async () => {
    const refused = await refusal(
      catalog.client.createRelease(catalog.newCaller(), {
        ...eclipse,
        upc: '0123456789013',
        grid: 'A1',
        localizedTitles: { nonsense_tag: 'x' },
        artists: [{}],
      }),
    );
    expect(refused.code).toBe('validation.failed');
    expect(refused.fields).toEqual({
      upc: ['The upc has a wrong check digit (2 expected).'],
      grid: ['The grid must be a GRid of 18 letters and digits that starts with A1.'],
      'localized_titles.nonsense_tag': ['The localized_titles.nonsense_tag must be a BCP-47 language tag.'],
      'artists.0.name': ['The artists.0.name field is required.'],
    });
  });

  test('a GRid with a wrong check character is taken with a warning', async () => {
    const { release } = await catalog.client.createRelease(catalog.newCaller(), { ...eclipse, grid: 'A1-2425G-ABC1234567-A' });
    expect(release?.grid).toBe('A12425GABC1234567A');
    expect(release?.warnings).toHaveLength(1);
  });

  test('the same UPC a second time is refused in one tenant and free in another', async () => {
    const caller = catalog.newCaller();
    await catalog.client.createRelease(caller, { ...eclipse, upc: '0 12345 67890 5' });
    const refused = await refusal(catalog.client.createRelease(caller, { ...eclipse, upc: '012345678905' }));
    expect(refused).toMatchObject({ code: 'release.upc_taken', message: 'Another release already has the UPC 012345678905.' });
    await catalog.client.createRelease(catalog.newCaller(), { ...eclipse, upc: '012345678905' });
  });

  test('an artist of another tenant cannot be credited', async () => {
    const { release } = await catalog.client.createRelease(catalog.newCaller(), { ...eclipse, artists: [{ name: 'Foreign' }] });
    const refused = await refusal(
      catalog.client.createRelease(catalog.newCaller(), { ...eclipse, artists: [{ uuid: release!.artists[0]!.uuid }] }),
    );
    expect(refused.fields).toEqual({ 'artists.0.uuid': ['The artists.0.uuid names no artist.'] });
  });
});

describe('reading releases', () => {
  test('a release of another tenant is not found', async () => {
    const { release } = await catalog.client.createRelease(catalog.newCaller(), eclipse);
    const refused = await refusal(catalog.client.getRelease(catalog.newCaller(), { uuid: release!.uuid }));
    expect(refused).toMatchObject({ code: 'release.not_found', message: 'Release not found.' });
    expect((await refusal(catalog.client.getRelease(catalog.newCaller(), { uuid: v4() }))).code).toBe('release.not_found');
  });

  test('lists are newest first, filtered, and walked by cursor without gap or repetition', async () => {
    const caller = catalog.newCaller();
    const made: string[] = [];
    for (let n = 0; n < 5; n++) {
      const { release } = await catalog.client.createRelease(caller, {
        ...eclipse,
        title: `Part 100% ${n}`,
        type: n % 2 ? ReleaseType.EP : ReleaseType.ALBUM,
      });
      made.unshift(release!.uuid);
    }
    const page = await catalog.client.listReleases(caller, { perPage: 2, page: 2 });
    expect(page).toMatchObject({ total: 5n, page: 2, perPage: 2, hasMore: true });
    expect(page.data.map(({ uuid }) => uuid)).toEqual(made.slice(2, 4));

    const walked: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const step: Awaited<ReturnType<typeof catalog.client.listReleases>> = await catalog.client.listReleases(caller, {
        cursor,
        perPage: 2,
      });
      walked.push(...step.data.map(({ uuid }) => uuid));
      cursor = step.nextCursor;
    }
    expect(walked).toEqual(made);

    expect((await catalog.client.listReleases(caller, { type: ReleaseType.EP })).total).toBe(2n);
    expect((await catalog.client.listReleases(caller, { status: ReleaseStatus.LIVE })).total).toBe(0n);
    expect((await catalog.client.listReleases(caller, { q: '100% 3' })).data).toHaveLength(1);
    expect((await catalog.client.listReleases(caller, { q: '100_' })).data).toHaveLength(0);
    expect((await refusal(catalog.client.listReleases(caller, { perPage: 0 }))).fields).toHaveProperty('per_page');
    expect((await refusal(catalog.client.listReleases(caller, { cursor: 'forged' }))).code).toBe('cursor.invalid');
    expect((await catalog.client.listReleases(caller, {})).perPage).toBe(20);
  });
});
