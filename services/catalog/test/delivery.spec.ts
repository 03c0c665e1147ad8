import { randomBytes } from 'node:crypto';
import { ReleaseStatus, ReleaseType } from '@tonegrid/contracts';
import { Refused } from '@tonegrid/errors';
import type { Caller } from '@tonegrid/rpc';
import { v4 } from 'uuid';
import { OnDspStage } from '../src/events/on-dsp-stage';
import { Minting } from '../src/identifiers/minting';
import { isrcSeries } from '../src/identifiers/series';
import { TenantSettings } from '../src/tenants/tenant-settings';
import { approvedRelease, bareRelease, readyRelease, upload, wav } from './fixtures';
import { newCaller, refusal, startCatalog, type Catalog } from './start-catalog';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await startCatalog();
});
afterAll(() => catalog?.stop());

const midnight = {
  title: 'Midnight in Lagos',
  type: ReleaseType.EP,
  genre: 'Afrobeats',
  releaseDate: '2026-07-12',
  upc: '0123456789012',
  explicitContent: false,
  tracks: [
    { title: 'Opening', trackNumber: 1, durationSeconds: 215, isrc: 'USRC12345678' },
    { title: 'Lagos Nights', trackNumber: 2, durationSeconds: 192, isrc: 'USRC12345679' },
  ],
};

describe('taking in a whole release', () => {
  test("makes the reference's example with tracks, artists and DSPs, told as one event", async () => {
    const caller = newCaller();
    const job = v4();
    const { release } = await catalog.client.createReleaseTree(caller, {
      draft: { ...midnight, artists: [{ name: 'Ada Okafor' }], dsps: ['spotify', 'apple-music'] },
      ingestionJobUuid: job,
      source: 'rest_json',
    });
    expect(release).toMatchObject({
      title: 'Midnight in Lagos',
      type: ReleaseType.EP,
      upc: '0123456789012',
      status: ReleaseStatus.DRAFT,
      dsps: ['spotify', 'applemusic'],
      label: 'Harbour Records',
    });
    expect(release?.tracks).toMatchObject([
      { title: 'Opening', position: 1, isrc: 'USRC12345678', duration: 215 },
      { title: 'Lagos Nights', position: 2, isrc: 'USRC12345679', duration: 192 },
    ]);
    expect((await catalog.client.getRelease(caller, { uuid: release!.uuid })).release).toEqual(release);
    expect(await catalog.told(release!.uuid)).toMatchObject([
      { type: 'release.created', data: { ingestion_job_uuid: job, track_count: 2, source: 'rest_json' } },
    ]);
  });

  test('the same job makes one release, however often and however fast it asks', async () => {
    const caller = newCaller();
    const request = { draft: midnight, ingestionJobUuid: v4(), source: 'rest_json' };
    const answers = await Promise.all([1, 2, 3, 4].map(() => catalog.client.createReleaseTree(caller, request)));
    expect(new Set(answers.map(({ release }) => release?.uuid)).size).toBe(1);
    const again = await catalog.client.createReleaseTree(caller, { ...request, draft: { ...midnight, upc: undefined } });
    expect(again.release?.uuid).toBe(answers[0]!.release?.uuid);
    expect(await catalog.told(answers[0]!.release!.uuid)).toHaveLength(1);
    expect((await refusal(catalog.client.createReleaseTree(caller, { ...request, ingestionJobUuid: v4() }))).code).toBe(
      'release.upc_taken',
    );
    expect((await catalog.client.listArtists(caller, {})).total).toBe(0n);
  });

  test('of many that come together each gets its own release or its own refusal', async () => {
    const caller = newCaller();
    const drafts = Array.from({ length: 24 }, (_, n) => ({
      ...midnight,
      title: `Together ${n}`,
      // Every eighth has the UPC of the first; every sixth credits an artist that nobody is.
      upc: n % 8 === 0 ? midnight.upc : undefined,
      artists: n % 6 === 5 ? [{ uuid: v4() }] : [{ name: `Artist ${n % 3}` }],
    }));
    const outcomes = await Promise.all(
      drafts.map((draft) =>
        catalog.client.createReleaseTree(caller, { draft, ingestionJobUuid: v4(), source: 'bulk' }).then(
          ({ release }) => release!,
          (error: Refused) => error,
        ),
      ),
    );
    const made = outcomes.flatMap((outcome) => (outcome instanceof Refused ? [] : [outcome]));
    for (const [n, outcome] of outcomes.entries()) {
      if (n % 6 === 5) expect(outcome).toMatchObject({ code: 'validation.failed', fields: { 'artists.0.uuid': expect.anything() } });
      else if (n % 8 !== 0)
        expect(outcome).toMatchObject({
          title: `Together ${n}`,
          artists: [{ name: `Artist ${n % 3}` }],
          tracks: [{ position: 1 }, { position: 2 }],
        });
    }
    const withUpc = outcomes.filter((_, n) => n % 8 === 0);
    expect(withUpc.filter((outcome) => outcome instanceof Refused && outcome.code === 'release.upc_taken')).toHaveLength(2);
    expect((await catalog.client.listReleases(caller, {})).total).toBe(BigInt(made.length));
    expect((await catalog.client.listArtists(caller, {})).total).toBe(3n);
    for (const release of made) {
      expect((await catalog.client.getRelease(caller, { uuid: release.uuid })).release).toEqual(release);
      expect(await catalog.told(release.uuid)).toMatchObject([{ type: 'release.created', data: { title: release.title } }]);
    }
  });

  test('names everything that is wrong with its path and makes nothing', async () => {
    const caller = newCaller();
    const refused = await refusal(
      catalog.client.createReleaseTree(caller, {
        draft: {
          ...midnight,
          upc: '0123456789013',
          dsps: ['spotify', 'gramophone'],
          tracks: [midnight.tracks[0]!, { title: 'Lagos Nights', trackNumber: 1, isrc: 'x', artists: [{}] }],
        },
        ingestionJobUuid: v4(),
        source: 'rest_json',
      }),
    );
    expect(refused.fields).toEqual({
      upc: ['The upc has a wrong check digit (2 expected).'],
      'tracks.1.track_number': ['Another track of the release already has the track_number 1.'],
      'tracks.1.isrc': ['The tracks.1.isrc must be an ISRC of the form CC-XXX-YY-NNNNN.'],
      'tracks.1.artists.0.name': ['The tracks.1.artists.0.name field is required.'],
      'dsps.1': ["DSP 'gramophone' not found or inactive."],
    });
    expect((await catalog.client.listReleases(caller, {})).total).toBe(0n);
  });
});

describe('assigned identifiers', () => {
  test('are never given twice, at once, after a refusal, by several processes, nor to several tenants', async () => {
    const callers = [newCaller(), newCaller()];
    const tree = (caller: Caller) =>
      catalog.client.createReleaseTree(caller, {
        draft: { title: 'x', type: 1, tracks: Array(9).fill({ title: 't' }) },
        ingestionJobUuid: v4(),
        source: 'bulk',
      });
    const releases = (await Promise.all(callers.flatMap((caller) => Array.from({ length: 12 }, () => tree(caller))))).map(
      ({ release }) => release!,
    );
    // Another process, with a stock of its own.
    const other = new Minting(catalog.data, catalog.app.get(TenantSettings), {
      UPC_PREFIX: '2',
      ISRC_PREFIXES: ['NGT'],
      GRID_ISSUER: 'TNGRD',
    });
    const minted = await Promise.all(callers.map((caller) => other.with(caller, { upcs: 150, grids: 3, isrcs: 30 }, async (ids) => ids)));
    await refusal(
      catalog.client.createRelease(callers[0]!, { title: 'x', type: 1, releaseDate: '2026-01-01', genre: 'g', artists: [{ uuid: v4() }] }),
    );
    const after = await bareRelease(catalog, callers[0]!);

    const unique = (values: (string | undefined)[]) => expect(new Set(values).size).toBe(values.length);
    unique([...releases.map(({ upc }) => upc), after.upc, ...minted.flatMap(({ upcs }) => upcs)]);
    unique([...releases.map(({ grid }) => grid), after.grid, ...minted.flatMap(({ grids }) => grids)]);
    unique([...releases.flatMap(({ tracks }) => tracks.map(({ isrc }) => isrc)), ...minted.flatMap(({ isrcs }) => isrcs)]);
  });

  test('go around a number that the tenant uses already', async () => {
    const caller = newCaller();
    const first = await bareRelease(catalog, caller);
    const next = String(BigInt(first.upc!.slice(0, 11)) + 1n);
    const sum = [...next].reverse().reduce((total, digit, n) => total + Number(digit) * (n % 2 ? 1 : 3), 0);
    const upc = next + String((10 - (sum % 10)) % 10);
    await bareRelease(catalog, caller, { upc });
    const third = await bareRelease(catalog, caller);
    expect(BigInt(third.upc!.slice(0, 11))).toBe(BigInt(next) + 1n);
  });

  test('are refused when the series has come to its end', async () => {
    const small = new Minting(catalog.data, catalog.app.get(TenantSettings), {
      UPC_PREFIX: '2',
      ISRC_PREFIXES: ['NGABC'],
      GRID_ISSUER: 'TNGRD',
    });
    const { key, last } = isrcSeries('NGABC', new Date().getUTCFullYear());
    await catalog.all('insert into identifier_series values ($1, $2)', [key, last - 9]);
    const caller = newCaller();
    const ids = await small.with(caller, { isrcs: 10 }, async ({ isrcs }) => isrcs);
    expect(ids.at(-1)).toBe(`NGABC${new Date().getUTCFullYear() % 100}99999`);
    expect(await refusal(small.with(caller, { isrcs: 1 }, async () => 1))).toMatchObject({
      code: 'identifier.exhausted',
      message: 'No ISRC is left to be assigned: send your own.',
    });
  });
});

describe('preparing a delivery', () => {
  test('where nobody reviews submits and approves a draft that passes the gates', async () => {
    const caller = newCaller({ reviewPolicy: 'auto' });
    const { uuid } = await readyRelease(catalog, caller);
    await catalog.client.setDspOverride(caller, { uuid, slug: 'applemusic', isBlocked: true });
    const answer = await catalog.client.prepareDelivery(caller, { uuid, dspSlugs: [] });
    expect(answer).toMatchObject({
      releaseUuid: uuid,
      title: 'Eclipse',
      status: ReleaseStatus.APPROVED,
      targets: [
        { slug: 'spotify', isBlocked: false },
        { slug: 'applemusic', isBlocked: true },
      ],
    });
    expect((await catalog.told(uuid)).slice(-2).map(({ type }) => type)).toEqual(['release.submitted', 'release.approved']);
    expect(await catalog.client.prepareDelivery(caller, { uuid, dspSlugs: ['apple-music'] })).toMatchObject({
      targets: [{ slug: 'applemusic' }],
      revision: answer.revision,
    });
  });

  test('needs an approval otherwise', async () => {
    const caller = newCaller();
    const { uuid } = await readyRelease(catalog, caller);
    const refused = { code: 'release.not_approved', message: 'The release must be approved before it can be delivered.' };
    expect(await refusal(catalog.client.prepareDelivery(caller, { uuid, dspSlugs: [] }))).toMatchObject(refused);
    await catalog.client.submitRelease(caller, { uuid });
    expect(await refusal(catalog.client.prepareDelivery({ ...caller, reviewPolicy: 'auto' }, { uuid, dspSlugs: [] }))).toMatchObject(
      refused,
    );
  });

  test('names the DSP or the gate that is in the way, and a refused draft stays a draft', async () => {
    const caller = newCaller({ reviewPolicy: 'auto' });
    const { uuid } = await bareRelease(catalog, caller);
    const message = async (...dspSlugs: string[]) => (await refusal(catalog.client.prepareDelivery(caller, { uuid, dspSlugs }))).message;
    expect(await message()).toBe('No DSPs attached to this release.');
    await catalog.client.attachDsps(caller, { uuid, dsps: ['spotify'] });
    expect(await message('gramophone')).toBe("DSP 'gramophone' not found or inactive.");
    expect(await message('deezer')).toBe("DSP 'deezer' is not attached to this release.");
    expect(await message()).toBe('Please add at least one track before submitting.');
    expect((await catalog.client.getRelease(caller, { uuid })).release?.status).toBe(ReleaseStatus.DRAFT);
  });

  test('waits for audio that is still being checked, and refuses audio that failed', async () => {
    const caller = newCaller({ reviewPolicy: 'auto' });
    const { uuid, tracks } = await readyRelease(catalog, caller);
    await catalog.client.uploadTrackAudio(caller, upload(tracks[0]!.uuid, wav({ seconds: 20, seed: 7 })));
    await catalog.client.prepareDelivery(caller, { uuid, dspSlugs: [] });
    expect((await catalog.client.getTrack(caller, { uuid: tracks[0]!.uuid })).track?.audioStatus).toBe(3);
    await catalog.all(`update tracks set audio_status = 'failed' where uuid = $1`, [tracks[0]!.uuid]);
    expect((await refusal(catalog.client.prepareDelivery(caller, { uuid, dspSlugs: [] }))).code).toBe('release.audio_missing');
  });
});

describe('a snapshot', () => {
  test('holds everything that a message to the DSP is made of', async () => {
    const caller = newCaller();
    const { uuid } = await readyRelease(catalog, caller);
    await catalog.client.setDspOverride(caller, { uuid, slug: 'spotify', releaseDateOverride: '2026-10-01' });
    const snapshot = await catalog.client.getReleaseSnapshot(caller, { uuid, dspSlug: 'spotify' });
    const { release } = await catalog.client.getRelease(caller, { uuid });
    expect(snapshot.release).toEqual(release);
    expect(snapshot).toMatchObject({
      artworkWidth: 3000,
      artworkHeight: 3000,
      tenantUuid: caller.tenantUuid,
      tenantName: 'Harbour Records',
      config: { dsp: 'spotify', releaseDate: '2026-10-01' },
    });
    expect(snapshot.artwork).toMatchObject({ contentType: 'image/jpeg', storageKey: expect.stringMatching(/^artwork\//) as string });
    expect(snapshot.tracks).toMatchObject([
      {
        durationMs: 200n,
        audio: {
          contentType: 'audio/wav',
          storageKey: expect.stringMatching(/^audio\//) as string,
          sizeBytes: BigInt(wav({ seconds: 0.2 }).length),
        },
      },
    ]);
    expect(snapshot.revision).toBeGreaterThan(1n);
    const worker = { ...caller, tenantName: '', subject: 'system:ddex' };
    expect((await catalog.client.getReleaseSnapshot(worker, { uuid, dspSlug: 'Spotify' })).tenantName).toBe('Harbour Records');
  });

  test('names the ISNIs of its artists, which its public face does not', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller, { artists: [{ name: 'Ada Okafor' }, { name: 'Tems' }] });
    await catalog.client.attachDsps(caller, { uuid, dsps: ['spotify'] });
    const isnis = async () => (await catalog.client.getReleaseSnapshot(caller, { uuid, dspSlug: 'spotify' })).artistIsnis;
    expect(await isnis()).toEqual({});
    const [ada] = (await catalog.client.getRelease(caller, { uuid })).release!.artists;
    await catalog.client.updateArtist(caller, { uuid: ada!.uuid, isni: '0000 0001 2103 2683' });
    expect(await isnis()).toEqual({ [ada!.uuid]: '0000000121032683' });
    expect(Object.keys((await catalog.client.getRelease(caller, { uuid })).release!.artists[0]!)).not.toContain('isni');
  });

  test('of a draft without files is there too; of a DSP that is unknown or not attached it is refused', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    await catalog.client.attachDsps(caller, { uuid, dsps: ['spotify'] });
    const snapshot = await catalog.client.getReleaseSnapshot(caller, { uuid, dspSlug: 'spotify' });
    expect([snapshot.artwork, snapshot.tracks]).toEqual([undefined, []]);
    expect((await refusal(catalog.client.getReleaseSnapshot(caller, { uuid, dspSlug: 'deezer' }))).code).toBe('dsp.not_attached');
    expect((await refusal(catalog.client.getReleaseSnapshot(caller, { uuid, dspSlug: 'gramophone' }))).code).toBe('dsp.not_found');
  });
});

describe('what DSPs report', () => {
  const stage = (
    caller: Caller,
    uuid: string,
    dsp: string,
    word: string,
    more: { revision?: number; time?: Date; version?: number } = {},
  ) =>
    catalog.data.transaction(caller, (tx) =>
      catalog.app.get(OnDspStage).handle(tx, {
        id: v4(),
        type: `release.dsp.${dsp}.${word}`,
        source: '/tonegrid/delivery',
        subject: uuid,
        time: more.time ?? new Date(),
        tenantUuid: caller.tenantUuid,
        data: { release_uuid: uuid, dsp, revision: more.revision, version: more.version },
      }),
    );
  const pipelines = async (caller: Caller, uuid: string) =>
    (await catalog.client.listReleasePipelines(caller, { uuid })).data.map(({ status }) => status);

  test('the first DSP makes a release live, all together take it down', async () => {
    const caller = newCaller();
    const { uuid } = await approvedRelease(catalog, caller);
    const status = async () => (await catalog.client.getRelease(caller, { uuid })).release?.status;
    await stage(caller, uuid, 'spotify', 'submitted');
    await stage(caller, uuid, 'spotify', 'accepted');
    expect(await status()).toBe(ReleaseStatus.APPROVED);
    await stage(caller, uuid, 'spotify', 'live');
    expect(await status()).toBe(ReleaseStatus.LIVE);
    expect((await catalog.told(uuid)).at(-1)).toMatchObject({ type: 'release.updated', data: { status: 'live', changed: ['status'] } });
    await stage(caller, uuid, 'applemusic', 'live');
    await stage(caller, uuid, 'spotify', 'taken_down');
    expect(await pipelines(caller, uuid)).toEqual(['taken_down', 'live']);
    expect(await status()).toBe(ReleaseStatus.LIVE);
    await stage(caller, uuid, 'applemusic', 'taken_down');
    expect(await status()).toBe(ReleaseStatus.TAKEN_DOWN);
  });

  test('a correction is delivered when every DSP that shows the release shows the present revision', async () => {
    const caller = newCaller();
    const { uuid } = await approvedRelease(catalog, caller);
    const { revision } = await catalog.client.prepareDelivery(caller, { uuid, dspSlugs: [] });
    for (const dsp of ['spotify', 'applemusic']) await stage(caller, uuid, dsp, 'live', { revision: Number(revision) });
    await catalog.client.updateRelease(caller, { uuid, title: 'Eclipse, corrected' });
    const undelivered = async () => (await catalog.client.getRelease(caller, { uuid })).release?.hasUndeliveredChanges;
    const corrected = Number((await catalog.client.prepareDelivery(caller, { uuid, dspSlugs: [] })).revision);
    expect(corrected).toBe(Number(revision) + 1);
    await stage(caller, uuid, 'spotify', 'updated', { revision: corrected });
    expect(await undelivered()).toBe(true);
    await stage(caller, uuid, 'applemusic', 'updated', { revision: corrected - 1 });
    expect(await undelivered()).toBe(true);
    await stage(caller, uuid, 'applemusic', 'updated', { revision: corrected });
    expect(await undelivered()).toBe(false);
    expect(await pipelines(caller, uuid)).toEqual(['live', 'live']);
  });

  test('what is older than what is known, or about nothing that is here, changes nothing', async () => {
    const caller = newCaller();
    const { uuid } = await approvedRelease(catalog, caller);
    await stage(caller, uuid, 'spotify', 'live');
    await stage(caller, uuid, 'spotify', 'accepted', { time: new Date(Date.now() - 60_000) });
    await stage(caller, uuid, 'deezer', 'live');
    await stage(caller, uuid, 'spotify', 'danced');
    await stage(caller, v4(), 'spotify', 'live');
    expect(await pipelines(caller, uuid)).toEqual(['live', 'pending']);
  });

  test('is ordered by its number, whatever the clocks of those say who tell it', async () => {
    const caller = newCaller();
    const { uuid } = await approvedRelease(catalog, caller);
    const after = (seconds: number) => new Date(Date.now() + seconds * 1000);
    // Of a version that told no numbers yet; the numbers begin with the upgrade, whatever its clock said.
    await stage(caller, uuid, 'spotify', 'submitted', { time: after(10) });
    await stage(caller, uuid, 'spotify', 'accepted', { time: after(5), version: 1 });
    await stage(caller, uuid, 'spotify', 'live', { time: after(0), version: 2 });
    expect(await pipelines(caller, uuid)).toEqual(['live', 'pending']);
    // Given up for a while and handled again later, as dead letters are.
    await stage(caller, uuid, 'spotify', 'accepted', { time: after(60), version: 1 });
    await stage(caller, uuid, 'spotify', 'submitted', { time: after(-60) });
    expect(await pipelines(caller, uuid)).toEqual(['live', 'pending']);
    await stage(caller, uuid, 'spotify', 'taken_down', { time: after(-60), version: 3 });
    expect(await pipelines(caller, uuid)).toEqual(['taken_down', 'pending']);
  });
});

test('nothing of another tenant is found by any rpc that names a release, a track or an artist', async () => {
  const owner = newCaller();
  const { uuid, tracks } = await readyRelease(catalog, owner);
  const { artist } = await catalog.client.createArtist(owner, { name: 'Ada' });
  const thief = newCaller();
  const client = catalog.client;
  const calls: Record<string, () => Promise<unknown>> = {
    getRelease: () => client.getRelease(thief, { uuid }),
    updateRelease: () => client.updateRelease(thief, { uuid, title: 'x' }),
    deleteRelease: () => client.deleteRelease(thief, { uuid }),
    submitRelease: () => client.submitRelease(thief, { uuid }),
    approveRelease: () => client.approveRelease(thief, { uuid }),
    rejectRelease: () => client.rejectRelease(thief, { uuid, reason: 'x' }),
    uploadReleaseArtwork: () => client.uploadReleaseArtwork(thief, upload(uuid, randomBytes(10))),
    deleteReleaseArtwork: () => client.deleteReleaseArtwork(thief, { uuid }),
    listReleaseDsps: () => client.listReleaseDsps(thief, { uuid }),
    attachDsps: () => client.attachDsps(thief, { uuid, dsps: ['all'] }),
    detachDsp: () => client.detachDsp(thief, { uuid, slug: 'spotify' }),
    listTracks: () => client.listTracks(thief, { uuid }),
    createTrack: () => client.createTrack(thief, { uuid, title: 'x', position: 9, explicit: false }),
    getTrack: () => client.getTrack(thief, { uuid: tracks[0]!.uuid }),
    updateTrack: () => client.updateTrack(thief, { uuid: tracks[0]!.uuid, title: 'x' }),
    deleteTrack: () => client.deleteTrack(thief, { uuid: tracks[0]!.uuid }),
    uploadTrackAudio: () => client.uploadTrackAudio(thief, upload(tracks[0]!.uuid, randomBytes(10))),
    getArtist: () => client.getArtist(thief, { uuid: artist!.uuid }),
    updateArtist: () => client.updateArtist(thief, { uuid: artist!.uuid, name: 'x' }),
    deleteArtist: () => client.deleteArtist(thief, { uuid: artist!.uuid }),
    getSupplyChain: () => client.getSupplyChain(thief, { uuid }),
    setMonetization: () => client.setMonetization(thief, { uuid, monetizationPolicyCodes: ['ringtone'] }),
    setPricingTier: () => client.setPricingTier(thief, { uuid, pricingTierCode: 'mid' }),
    setTerritories: () => client.setTerritories(thief, { uuid, territoryMode: 1 }),
    setDeliveryOptions: () => client.setDeliveryOptions(thief, { uuid, isTestDelivery: true }),
    listReleasePipelines: () => client.listReleasePipelines(thief, { uuid }),
    getEffectiveConfig: () => client.getEffectiveConfig(thief, { uuid }),
    setDspOverride: () => client.setDspOverride(thief, { uuid, slug: 'spotify', isBlocked: true }),
    clearDspOverride: () => client.clearDspOverride(thief, { uuid, slug: 'spotify' }),
    getReleaseSnapshot: () => client.getReleaseSnapshot(thief, { uuid, dspSlug: 'spotify' }),
    prepareDelivery: () => client.prepareDelivery(thief, { uuid, dspSlugs: [] }),
  };
  const before = await catalog.client.getRelease(owner, { uuid });
  for (const [name, call] of Object.entries(calls))
    expect([name, (await refusal(call())).code]).toEqual([name, expect.stringMatching(/^(release|track|artist)\.not_found$/)]);
  expect(await catalog.client.getRelease(owner, { uuid })).toEqual(before);
});
