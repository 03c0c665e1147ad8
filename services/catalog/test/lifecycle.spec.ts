import { create } from '@bufbuild/protobuf';
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt';
import { ReleaseStatus, ReleaseType, ReviewStage } from '@tonegrid/contracts';
import { approvedRelease, bareRelease, picture, readyRelease, upload, wav } from './fixtures';
import { newCaller, refusal, startCatalog, withKey, type Catalog } from './start-catalog';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await startCatalog();
});
afterAll(() => catalog?.stop());

const mask = (...paths: string[]) => create(FieldMaskSchema, { paths });
const types = async (uuid: string) => (await catalog.told(uuid)).map(({ type }) => type);

describe('updating a release', () => {
  test('changes only what is supplied, and null clears', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller, {
      subgenre: 'Afropop',
      artists: [{ name: 'Ada' }],
      localizedTitles: { fr: 'Éclipse' },
    });
    const { release } = await catalog.client.updateRelease(caller, { uuid, updateMask: mask('genre', 'subgenre'), genre: 'Amapiano' });
    expect(release).toMatchObject({ title: 'Eclipse', genre: 'Amapiano', releaseDate: '2026-05-01', localizedTitles: { fr: 'Éclipse' } });
    expect(release?.subgenre).toBeUndefined();
    expect(release?.artists).toHaveLength(1);
    expect((await catalog.told(uuid)).at(-1)?.data).toMatchObject({ changed: ['genre', 'subgenre'], status: 'draft' });
    const { release: cleared } = await catalog.client.updateRelease(caller, { uuid, updateMask: mask('artists', 'release_date') });
    expect(cleared?.artists).toEqual([]);
    expect(cleared?.releaseDate).toBeUndefined();
  });

  test('with what is there already changes nothing and tells nothing', async () => {
    const caller = newCaller();
    const { uuid, upc } = await bareRelease(catalog, caller, { artists: [{ name: 'Ada' }] });
    await catalog.client.updateRelease(caller, { uuid, title: 'Eclipse', upc, artists: [{ name: 'ada' }] });
    expect(await types(uuid)).toEqual(['release.created']);
  });

  test('cannot take away what every release has', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    const refused = await refusal(catalog.client.updateRelease(caller, { uuid, updateMask: mask('upc', 'type', 'title', 'genre') }));
    expect(Object.keys(refused.fields!).sort()).toEqual(['genre', 'title']);
    expect((await refusal(catalog.client.updateRelease(caller, { uuid, updateMask: mask('upc', 'type') }))).fields).toEqual({
      upc: ['The upc field is required.'],
      type: ['The type field is required.'],
    });
    expect((await refusal(catalog.client.updateRelease(caller, { uuid, upc: '123456789013' }))).fields).toEqual({
      upc: ['The upc has a wrong check digit (2 expected).'],
    });
  });

  test('cannot take the UPC of another release', async () => {
    const caller = newCaller();
    const other = await bareRelease(catalog, caller);
    const { uuid } = await bareRelease(catalog, caller);
    expect((await refusal(catalog.client.updateRelease(caller, { uuid, upc: other.upc }))).code).toBe('release.upc_taken');
  });

  test('corrects an approved release, which is then not delivered as it is, but not its UPC or type', async () => {
    const caller = newCaller();
    const { uuid } = await approvedRelease(catalog, caller);
    const { release } = await catalog.client.updateRelease(caller, { uuid, title: 'Eclipse (Deluxe)' });
    expect(release).toMatchObject({ title: 'Eclipse (Deluxe)', status: ReleaseStatus.APPROVED, hasUndeliveredChanges: true });
    expect(await refusal(catalog.client.updateRelease(caller, { uuid, upc: '123456789012' }))).toMatchObject({
      code: 'release.field_locked',
      message: 'upc can no longer be changed: the release is approved.',
    });
    expect((await refusal(catalog.client.updateRelease(caller, { uuid, type: ReleaseType.ALBUM }))).code).toBe('release.field_locked');
    expect((await refusal(catalog.client.updateRelease(caller, { uuid, updateMask: mask('release_date') }))).fields).toHaveProperty(
      'release_date',
    );
    await catalog.client.updateRelease(caller, { uuid, type: ReleaseType.SINGLE, upc: release!.upc });
  });

  test('of a release that was taken down is refused', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    await catalog.all(`update releases set status = 'taken_down' where uuid = $1`, [uuid]);
    expect(await refusal(catalog.client.updateRelease(caller, { uuid, title: 'x' }))).toMatchObject({ code: 'release.not_editable' });
    expect((await refusal(catalog.client.attachDsps(caller, { uuid, dsps: ['all'] }))).code).toBe('release.not_editable');
  });

  test('two updates at once are one after the other', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((genre) => catalog.client.updateRelease(caller, { uuid, genre })));
    expect(await catalog.all('select revision from releases where uuid = $1', [uuid])).toEqual([{ revision: '6' }]);
  });
});

describe('submitting a release', () => {
  test('passes the gates in the documented order', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    const gate = async () => (await refusal(catalog.client.submitRelease(caller, { uuid }))).message;
    await catalog.client.updateRelease(caller, { uuid, updateMask: mask('release_date') });
    expect(await gate()).toBe('Please add at least one track before submitting.');
    const { track } = await catalog.client.createTrack(caller, { uuid, title: 'Eclipse', position: 1, explicit: false });
    expect(await gate()).toBe('Please select at least one store before submitting.');
    await catalog.client.attachDsps(caller, { uuid, dsps: ['spotify'] });
    expect(await gate()).toBe('Please set a release date before submitting.');
    await catalog.client.updateRelease(caller, { uuid, releaseDate: '2026-07-01' });
    expect(await gate()).toBe('Please upload cover art before submitting.');
    await catalog.client.uploadReleaseArtwork(caller, upload(uuid, await picture(1400)));
    expect(await gate()).toBe('Please upload audio for every track before submitting.');
    await catalog.client.uploadTrackAudio(caller, upload(track!.uuid, wav({ seconds: 0.1 })));
    expect(await catalog.client.submitRelease(caller, { uuid })).toMatchObject({
      message: 'Release submitted for review.',
      status: ReleaseStatus.PENDING,
    });
    expect(await gate()).toBe('Only draft or rejected releases can be submitted.');
    expect((await catalog.client.getRelease(caller, { uuid })).release).toMatchObject({
      status: ReleaseStatus.PENDING,
      reviewStage: ReviewStage.PENDING_REVIEW,
    });
  });

  test('where nobody reviews approves at once, and both are told in order', async () => {
    const caller = newCaller({ reviewPolicy: 'auto' });
    const { uuid } = await readyRelease(catalog, caller);
    const key = withKey(caller, 'submit', uuid, 'POST /releases/{uuid}/submit');
    expect((await catalog.client.submitRelease(key, { uuid })).status).toBe(ReleaseStatus.APPROVED);
    expect((await catalog.client.submitRelease({ ...key, answer: { replayed: false } }, { uuid })).status).toBe(ReleaseStatus.APPROVED);
    const told = (await catalog.told(uuid)).slice(-2);
    expect(told.map(({ type, data }) => [type, data['status']])).toEqual([
      ['release.submitted', 'pending'],
      ['release.approved', 'approved'],
    ]);
    expect(told[1]!.data).toMatchObject({ dsps: ['spotify', 'applemusic'] });
    expect(Number(told[1]!.data['revision'])).toBeGreaterThan(1);
    expect((await catalog.recorded(uuid)).slice(-2)).toMatchObject([
      { action: 'release.submitted', before: { status: 'draft' }, after: { status: 'pending' } },
      { action: 'release.approved', before: { status: 'pending' }, after: { status: 'approved', review_policy: 'auto' } },
    ]);
  });
});

describe('reviewing a release', () => {
  test('a rejected release says why, may be changed and submitted again, and then be approved', async () => {
    const caller = newCaller();
    const { uuid } = await readyRelease(catalog, caller);
    await catalog.client.submitRelease(caller, { uuid });
    const issues = [{ field: 'title', message: 'Not as on the cover.' }, { message: 'Cover is blurred.' }];
    expect(await catalog.client.rejectRelease(caller, { uuid, reason: ' Metadata. ', issues })).toMatchObject({
      message: 'Release rejected.',
      status: ReleaseStatus.REJECTED,
    });
    const { release } = await catalog.client.getRelease(caller, { uuid });
    expect(release).toMatchObject({ status: ReleaseStatus.REJECTED, rejectionReason: 'Metadata.', rejectionIssues: issues });
    expect(release?.reviewStage).toBeUndefined();
    await catalog.client.updateRelease(caller, { uuid, title: 'Eclipse 2' });
    await catalog.client.submitRelease(caller, { uuid });
    expect((await catalog.client.getRelease(caller, { uuid })).release?.rejectionReason).toBeUndefined();
    expect(await catalog.client.approveRelease(caller, { uuid })).toMatchObject({
      message: 'Release approved.',
      status: ReleaseStatus.APPROVED,
    });
    expect((await types(uuid)).slice(-5)).toEqual([
      'release.submitted',
      'release.rejected',
      'release.updated',
      'release.submitted',
      'release.approved',
    ]);
    const recorded = await catalog.recorded(uuid);
    expect(recorded.slice(-4).map(({ action }) => action)).toEqual([
      'release.submitted',
      'release.rejected',
      'release.submitted',
      'release.approved',
    ]);
    expect(recorded.at(-3)).toEqual({
      action: 'release.rejected',
      target: `release:${uuid}`,
      actor: caller.subject,
      on_behalf_of: null,
      client_address: null,
      request_id: caller.requestId,
      before: { status: 'pending' },
      after: { status: 'rejected', reason: 'Metadata.' },
    });
  });

  test('only pending releases can be reviewed', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    const message = 'Only pending releases can be reviewed.';
    expect(await refusal(catalog.client.approveRelease(caller, { uuid }))).toMatchObject({ code: 'release.not_reviewable', message });
    expect((await refusal(catalog.client.rejectRelease(caller, { uuid, reason: 'x' }))).message).toBe(message);
  });
});

describe('deleting a release', () => {
  test('removes a draft for good; its files are left to the sweep and its UPC can be used again', async () => {
    const caller = newCaller();
    const { uuid, upc } = await readyRelease(catalog, caller);
    expect(await catalog.client.deleteRelease(caller, { uuid })).toMatchObject({ message: 'Release deleted.' });
    expect((await refusal(catalog.client.getRelease(caller, { uuid }))).code).toBe('release.not_found');
    expect((await types(uuid)).at(-1)).toBe('release.deleted');
    expect((await catalog.recorded(uuid)).at(-1)).toMatchObject({ action: 'release.deleted', before: { upc, status: 'draft' } });
    expect(await catalog.all('select unused_since is not null as unused from assets where tenant_uuid = $1', [caller.tenantUuid])).toEqual([
      { unused: true },
      { unused: true },
    ]);
    await bareRelease(catalog, caller, { upc });
  });

  test('is refused once it is submitted', async () => {
    const caller = newCaller();
    const { uuid } = await readyRelease(catalog, caller);
    await catalog.client.submitRelease(caller, { uuid });
    expect(await refusal(catalog.client.deleteRelease(caller, { uuid }))).toMatchObject({
      code: 'release.not_deletable',
      message: 'Only draft or rejected releases can be deleted.',
    });
  });
});

describe('attaching DSPs', () => {
  test('takes any spelling of a slug, keeps what is attached, and takes all at once', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    const answer = await catalog.client.attachDsps(caller, { uuid, dsps: ['spotify', 'apple-music', 'Apple_Music'] });
    expect(answer.message).toBe('2 DSP(s) attached.');
    expect(answer.data).toMatchObject([
      { slug: 'spotify', name: 'Spotify', deliveryMethod: 'ddex_sftp_direct' },
      { slug: 'applemusic', name: 'Apple Music' },
    ]);
    const all = await catalog.client.attachDsps(caller, { uuid, dsps: ['all'] });
    expect(all.data).toHaveLength(24);
    expect(all.data.slice(0, 2)).toEqual(answer.data);
    expect((await catalog.client.listReleaseDsps(caller, { uuid })).data).toEqual(all.data);
  });

  test('refuses what is no DSP and attaches nothing then', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    expect(await refusal(catalog.client.attachDsps(caller, { uuid, dsps: ['spotify', 'gramophone'] }))).toMatchObject({
      code: 'dsp.not_found',
      message: "DSP 'gramophone' not found or inactive.",
    });
    expect((await catalog.client.listReleaseDsps(caller, { uuid })).data).toEqual([]);
  });

  test('a DSP can be detached until something was delivered to it', async () => {
    const caller = newCaller();
    const { uuid } = await bareRelease(catalog, caller);
    await catalog.client.attachDsps(caller, { uuid, dsps: ['spotify', 'deezer'] });
    await catalog.client.detachDsp(caller, { uuid, slug: 'Deezer' });
    expect(await refusal(catalog.client.detachDsp(caller, { uuid, slug: 'deezer' }))).toMatchObject({
      code: 'dsp.not_attached',
      message: "DSP 'deezer' is not attached to this release.",
    });
    await catalog.all(`update release_dsps set status = 'accepted' where release_uuid = $1`, [uuid]);
    expect((await refusal(catalog.client.detachDsp(caller, { uuid, slug: 'spotify' }))).code).toBe('dsp.already_delivered');
  });
});
