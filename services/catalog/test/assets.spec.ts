import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AudioStatus } from '@tonegrid/contracts';
import type { Caller } from '@tonegrid/rpc';
import type { Storage } from '@tonegrid/storage';
import { pause, waitFor } from '@tonegrid/testing';
import { v4 } from 'uuid';
import { AudioWorker } from '../src/assets/audio-worker';
import { SweepAssets } from '../src/assets/sweep-assets';
import { approvedRelease, bareRelease, picture, readyRelease, upload, wav } from './fixtures';
import { newCaller, refusal, startCatalog, withKey, type Catalog } from './start-catalog';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await startCatalog();
});
afterAll(() => catalog?.stop());

const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');
const stored = (kind: string) => {
  try {
    return readdirSync(join(catalog.storageFolder, kind));
  } catch {
    return []; // nothing was ever stored
  }
};

async function newTrack(caller: Caller) {
  const { uuid } = await bareRelease(catalog, caller);
  const { track } = await catalog.client.createTrack(caller, { uuid, title: 'Eclipse', position: 1, explicit: false });
  return track!;
}

const checked = (caller: Caller, uuid: string) =>
  waitFor(async () => {
    const { track } = await catalog.client.getTrack(caller, { uuid });
    return track!.audioStatus === AudioStatus.PROCESSED || track!.audioStatus === AudioStatus.FAILED ? track : undefined;
  });

describe('audio', () => {
  test('is stored, checked in the background, and described by what the file says', async () => {
    const caller = newCaller();
    const track = await newTrack(caller);
    const file = wav({ seconds: 2.5, rate: 96_000 });
    expect(await catalog.client.uploadTrackAudio(caller, upload(track.uuid, file))).toMatchObject({
      message: 'Audio upload received. Processing started.',
      audioStatus: AudioStatus.PROCESSING,
    });
    expect(await checked(caller, track.uuid)).toMatchObject({
      audioStatus: AudioStatus.PROCESSED,
      audioFormat: 'WAV',
      audioBitDepth: 24,
      audioSampleRate: 96_000,
      audioChannels: 2,
      duration: 3,
      audioMd5: md5(file),
      audioSizeBytes: BigInt(file.length),
    });
    const told = await catalog.told(track.releaseUuid);
    expect(told.map(({ type }) => type)).toEqual(['release.created', 'release.updated', 'release.updated', 'track.audio.processed']);
    expect(told[3]!.data).toMatchObject({ track_uuid: track.uuid, duration_ms: 2500, audio_md5: md5(file), audio_format: 'WAV' });
  });

  test('that is not WAV or FLAC is refused at once and leaves nothing in storage', async () => {
    const caller = newCaller();
    const track = await newTrack(caller);
    const before = stored('audio');
    const refused = await refusal(
      catalog.client.uploadTrackAudio(caller, upload(track.uuid, Buffer.from('ID3 this is no master'.repeat(5000)))),
    );
    expect(refused.code).toBe('audio.invalid');
    expect(refused.fields).toHaveProperty('audio');
    expect((await refusal(catalog.client.uploadTrackAudio(caller, upload(track.uuid, wav({ seconds: 1 }).subarray(0, 90_000))))).code).toBe(
      'audio.invalid',
    );
    expect((await refusal(catalog.client.uploadTrackAudio(caller, upload(track.uuid, Buffer.alloc(0))))).code).toBe('audio.invalid');
    expect(stored('audio')).toEqual(before);
    expect(await catalog.all('select 1 from asset_uploads')).toEqual([]);
    expect((await catalog.client.getTrack(caller, { uuid: track.uuid })).track?.audioStatus).toBe(AudioStatus.PENDING);
  });

  test('with another MD5 than was announced fails', async () => {
    const caller = newCaller();
    const file = wav({ seconds: 0.1 });
    const { release } = await catalog.client.createReleaseTree(caller, {
      draft: {
        title: 'Announced',
        type: 1,
        tracks: [
          { title: 'Right', audioMd5: md5(file).toUpperCase() },
          { title: 'Wrong', audioMd5: md5(Buffer.from('x')) },
        ],
      },
      ingestionJobUuid: v4(),
      source: 'rest_json',
    });
    const [right, wrong] = release!.tracks;
    await catalog.client.uploadTrackAudio(caller, upload(right!.uuid, file));
    await catalog.client.uploadTrackAudio(caller, upload(wrong!.uuid, file));
    expect((await checked(caller, right!.uuid)).audioStatus).toBe(AudioStatus.PROCESSED);
    const failed = await checked(caller, wrong!.uuid);
    expect(failed.audioStatus).toBe(AudioStatus.FAILED);
    expect(failed.audioError).toBe(`The file has the MD5 ${md5(file)}; ${md5(Buffer.from('x'))} was announced.`);
    expect((await catalog.told(release!.uuid)).at(-1)).toMatchObject({
      type: 'track.audio.failed',
      data: { track_uuid: wrong!.uuid, reason: failed.audioError },
    });
  });

  test('of a track can be announced when it is created, and anew for another file', async () => {
    const caller = newCaller();
    const { releaseUuid } = await newTrack(caller);
    const [first, second] = [wav({ seconds: 0.1 }), wav({ seconds: 0.1, seed: 2 })];
    const { track } = await catalog.client.createTrack(caller, {
      uuid: releaseUuid,
      title: 'Announced',
      position: 2,
      explicit: false,
      audioMd5: md5(first),
      audioBitDepth: 16,
      audioSampleRate: 48_000,
      audioChannels: 6,
    });
    const { uuid } = track!;
    expect(track).toMatchObject({ audioMd5: md5(first), audioBitDepth: 16, audioSampleRate: 48_000, audioChannels: 6 });
    expect((await catalog.client.updateTrack(caller, { uuid, audioChannels: 2 })).track).toMatchObject({ audioChannels: 2 });
    await catalog.client.uploadTrackAudio(caller, upload(uuid, second));
    expect((await checked(caller, uuid)).audioStatus).toBe(AudioStatus.FAILED);
    await catalog.client.updateTrack(caller, { uuid, audioMd5: md5(second) });
    await catalog.client.uploadTrackAudio(caller, upload(uuid, second));
    const facts = { audioMd5: md5(second), audioBitDepth: 24, audioChannels: 2 };
    expect(await checked(caller, uuid)).toMatchObject({ audioStatus: AudioStatus.PROCESSED, ...facts });
    const refused = await refusal(catalog.client.updateTrack(caller, { uuid, audioBitDepth: 16 }));
    expect([refused.code, Object.keys(refused.fields ?? {})]).toEqual(['validation.failed', ['audio_bit_depth']]);
    expect((await catalog.client.updateTrack(caller, { uuid, audioBitDepth: 24, audioMd5: md5(first) })).track).toMatchObject(facts);
    await catalog.client.uploadTrackAudio(caller, upload(uuid, first));
    expect(await checked(caller, uuid)).toMatchObject({ audioStatus: AudioStatus.PROCESSED, audioMd5: md5(first) });
  });

  test('an upload with the same key and content happens once; with other content it is a mismatch', async () => {
    const caller = newCaller();
    const track = await newTrack(caller);
    const send = (file: Buffer, key = withKey(caller, 'up', 'stream', 'POST /tracks/{uuid}/audio')) =>
      catalog.client.uploadTrackAudio(key, upload(track.uuid, file)).then(() => key.answer.replayed);
    expect(await send(wav({ seconds: 0.1 }))).toBe(false);
    const before = stored('audio');
    expect(await send(wav({ seconds: 0.1 }))).toBe(true);
    expect((await refusal(send(wav({ seconds: 0.1, seed: 2 })))).code).toBe('idempotency.key_mismatch');
    expect(stored('audio')).toEqual(before);
    expect(await catalog.all('select 1 from assets where tenant_uuid = $1', [caller.tenantUuid])).toHaveLength(1);
  });

  test('that was replaced stays for a week and is then swept, like what a crash left behind', async () => {
    const caller = newCaller();
    const track = await newTrack(caller);
    await catalog.client.uploadTrackAudio(caller, upload(track.uuid, wav({ seconds: 0.1, seed: 3 })));
    await catalog.client.uploadTrackAudio(caller, upload(track.uuid, wav({ seconds: 0.1, seed: 4 })));
    await checked(caller, track.uuid);
    const sweep = catalog.app.get(SweepAssets);
    const [unused] = await catalog.all<{ uuid: string; storage_key: string }>(
      'select uuid, storage_key from assets where tenant_uuid = $1 and unused_since is not null',
      [caller.tenantUuid],
    );
    const before = stored('audio');
    await sweep.run();
    expect(stored('audio')).toEqual(before);
    await catalog.all(`update assets set unused_since = now() - interval '8 days' where uuid = $1`, [unused!.uuid]);
    await catalog.all(`insert into asset_uploads (storage_key, tenant_uuid, started_at) values ($1, $2, now() - interval '25 hours')`, [
      'audio/crashed',
      caller.tenantUuid,
    ]);
    expect(await sweep.run()).toBe(2);
    expect(stored('audio')).not.toContain(unused!.storage_key.slice('audio/'.length));
    expect(stored('audio')).toHaveLength(before.length - 1);
  });

  test('sweeping ends with the file that is under way when the service stops, and is waited for', async () => {
    const caller = newCaller();
    const keys = ['audio/crashed-1', 'audio/crashed-2'];
    for (const key of keys)
      await catalog.all(`insert into asset_uploads (storage_key, tenant_uuid, started_at) values ($1, $2, now() - interval '25 hours')`, [
        key,
        caller.tenantUuid,
      ]);
    let letGo!: () => void;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const deleted: string[] = [];
    const slow = { delete: (key: string) => (deleted.push(key), held) } as unknown as Storage;
    const sweep = new SweepAssets(catalog.data, slow);
    const running = sweep.run();
    await waitFor(() => deleted.length === 1, { what: 'the first file' });
    let hasStopped = false;
    const stopped = sweep.beforeApplicationShutdown().then(() => void (hasStopped = true));
    await pause(100);
    expect(hasStopped).toBe(false);
    letGo();
    await stopped;
    expect(await running).toBe(1);
    expect(deleted).toHaveLength(1);
    expect(await catalog.all('select 1 from asset_uploads where storage_key = any($1)', [keys])).toHaveLength(1);
    await catalog.all('delete from asset_uploads where storage_key = any($1)', [keys]);
  });

  test('a job whose worker died is taken again when its lease is over, and the late one changes nothing', async () => {
    const caller = newCaller();
    const track = await newTrack(caller);
    const worker = catalog.app.get(AudioWorker);
    await catalog.client.uploadTrackAudio(caller, upload(track.uuid, wav({ seconds: 0.1, seed: 5 })));
    await checked(caller, track.uuid);
    // As a killed worker leaves it: held, and not concluded. Its time is over when the test says so.
    await catalog.all(
      `insert into audio_jobs (uuid, tenant_uuid, track_uuid, asset_uuid, attempts, due_at)
      select gen_random_uuid(), tenant_uuid, uuid, audio_uuid, 1, now() + interval '1 hour' from tracks where uuid = $1`,
      [track.uuid],
    );
    await catalog.all(`update tracks set audio_status = 'processing' where uuid = $1`, [track.uuid]);
    worker.wake();
    await pause(200);
    expect((await catalog.client.getTrack(caller, { uuid: track.uuid })).track?.audioStatus).toBe(AudioStatus.PROCESSING);
    await catalog.all(`update audio_jobs set due_at = now() where track_uuid = $1`, [track.uuid]);
    expect((await checked(caller, track.uuid)).audioStatus).toBe(AudioStatus.PROCESSED);
    expect(await catalog.all('select 1 from audio_jobs where track_uuid = $1', [track.uuid])).toEqual([]);
  });

  test('of a live or approved release may be replaced; of a foreign or missing track it is not found', async () => {
    const caller = newCaller();
    const release = await approvedRelease(catalog, caller);
    await catalog.client.uploadTrackAudio(caller, upload(release.tracks[0]!.uuid, wav({ seconds: 0.1, seed: 9 })));
    expect((await catalog.client.getRelease(caller, { uuid: release.uuid })).release?.hasUndeliveredChanges).toBe(true);
    expect((await refusal(catalog.client.uploadTrackAudio(newCaller(), upload(release.tracks[0]!.uuid, wav({ seconds: 0.1 }))))).code).toBe(
      'track.not_found',
    );
    expect((await refusal(catalog.client.uploadTrackAudio(caller, upload('nonsense', wav({ seconds: 0.1 }))))).code).toBe(
      'track.not_found',
    );
    await catalog.all(`update releases set status = 'taken_down' where uuid = $1`, [release.uuid]);
    const refused = await refusal(catalog.client.uploadTrackAudio(caller, upload(release.tracks[0]!.uuid, wav({ seconds: 0.1 }))));
    expect(refused).toMatchObject({ code: 'release.not_editable', message: 'Releases in status taken_down cannot be changed.' });
  });
});

describe('artwork', () => {
  test('is stored under a key that cannot be guessed and fetched by it without a tenant', async () => {
    const caller = newCaller();
    const release = await bareRelease(catalog, caller);
    const cover = await picture(3000);
    const answer = await catalog.client.uploadReleaseArtwork(caller, upload(release.uuid, cover, 'front.jpg'));
    expect(answer).toMatchObject({ message: 'Artwork uploaded.', width: 3000, height: 3000, warnings: [] });
    const key = /^http:\/\/127\.0\.0\.1:8080\/api\/artwork\/([0-9a-f-]{36}\.jpg)$/.exec(answer.artworkUrl)![1]!;
    expect((await catalog.client.getRelease(caller, { uuid: release.uuid })).release?.artworkUrl).toBe(answer.artworkUrl);
    const fetched = await catalog.client.getArtwork({ ...newCaller(), tenantUuid: '' }, { key });
    expect(fetched.contentType).toBe('image/jpeg');
    expect(Buffer.from(fetched.content).equals(cover)).toBe(true);
    for (const wrong of [`${v4()}.jpg`, '../secret', `${key}x`]) {
      expect((await refusal(catalog.client.getArtwork(caller, { key: wrong }))).code).toBe('artwork.not_found');
    }
    expect((await catalog.told(release.uuid)).at(-1)).toMatchObject({ type: 'release.updated', data: { changed: ['artwork'] } });
  });

  test('below 3000 pixels is taken with a warning, which the release shows until it has another cover', async () => {
    const caller = newCaller();
    const release = await bareRelease(catalog, caller);
    const answer = await catalog.client.uploadReleaseArtwork(caller, upload(release.uuid, await picture(1500, { format: 'png' })));
    expect(answer.warnings).toEqual(['The artwork is smaller than 3000 x 3000 pixels: some DSPs will not show it.']);
    expect(answer.artworkUrl).toMatch(/\.png$/);
    expect((await catalog.client.getRelease(caller, { uuid: release.uuid })).release?.warnings).toEqual(answer.warnings);
    await catalog.client.deleteReleaseArtwork(caller, { uuid: release.uuid });
    const { release: bare } = await catalog.client.getRelease(caller, { uuid: release.uuid });
    expect([bare?.artworkUrl, bare?.warnings]).toEqual([undefined, []]);
  });

  test('that is no square picture of JPEG or PNG with 1400 pixels is refused with the reason', async () => {
    const caller = newCaller();
    const release = await bareRelease(catalog, caller);
    const send = async (content: Buffer) =>
      (await refusal(catalog.client.uploadReleaseArtwork(caller, upload(release.uuid, content)))).message;
    expect(await send(await picture(3000, { height: 2999 }))).toBe('The artwork must be square; it is 3000 x 2999 pixels.');
    expect(await send(await picture(1000))).toBe('The artwork must be at least 3000 x 3000 pixels; it is 1000 x 1000.');
    expect(await send(Buffer.from('<svg/>'))).toBe('The artwork must be a JPEG or PNG image.');
    const whole = await picture(2000, { format: 'png' });
    expect(await send(whole.subarray(0, whole.length - 100))).toBe('The artwork is damaged: it cannot be decoded to its end.');
    expect((await refusal(catalog.client.uploadReleaseArtwork(caller, upload(release.uuid, Buffer.alloc(31_457_281))))).code).toBe(
      'request.too_large',
    );
    expect((await refusal(catalog.client.uploadReleaseArtwork(newCaller(), upload(release.uuid, whole)))).code).toBe('release.not_found');
  });

  test('of a submitted release can be replaced but not removed', async () => {
    const caller = newCaller();
    const release = await readyRelease(catalog, caller);
    await catalog.client.submitRelease(caller, { uuid: release.uuid });
    expect((await refusal(catalog.client.deleteReleaseArtwork(caller, { uuid: release.uuid }))).code).toBe('release.not_editable');
    await catalog.client.uploadReleaseArtwork(caller, upload(release.uuid, await picture(1400)));
  });
});
