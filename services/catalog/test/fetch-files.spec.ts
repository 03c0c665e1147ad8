import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AudioStatus, type Release } from '@tonegrid/contracts';
import { HOST_NAMES, type ResolveName } from '@tonegrid/outbound';
import type { Caller } from '@tonegrid/rpc';
import { waitFor } from '@tonegrid/testing';
import { v4 } from 'uuid';
import { FETCH_TIMING, type FetchTiming } from '../src/assets/fetch-timing';
import { endless, half, inTurn, startFileServer, status, whole, type Answering, type FileServer } from './file-server';
import { picture, upload, wav } from './fixtures';
import { newCaller, refusal, startCatalog, type Catalog } from './start-catalog';

const timing: FetchTiming = {
  retrySeconds: [0.1, 0.2],
  longestWishSeconds: 1,
  leaseSeconds: 6,
  wholeMs: 120_000,
  patience: { connectMs: 5_000, headersMs: 60_000, silenceMs: 60_000 },
};
const toLoopback: ResolveName = async () => [{ address: '127.0.0.1', family: 4 }];

let catalog: Catalog;
/** As in production: https alone, and nothing private. */
let strict: Catalog;
let files: FileServer;
let cover: Buffer;
beforeAll(async () => {
  const timed = { provide: FETCH_TIMING, useValue: timing };
  [files, cover, catalog, strict] = await Promise.all([
    startFileServer(),
    picture(3000),
    startCatalog({}, [timed]),
    startCatalog({ TONEGRID_ENV: 'production', ALLOW_PRIVATE_ADDRESSES: false }, [timed, { provide: HOST_NAMES, useValue: toLoopback }]),
  ]);
});
afterAll(() => Promise.all([catalog?.stop(), strict?.stop(), files?.close()]));

const secret = 'X-Amz-Signature=0123456789abcdef';
/** A path of its own, answered as told. */
function at(answer: Answering | undefined, name = 'file'): { path: string; url: string } {
  const path = `/${v4()}/${name}`;
  if (answer) files.files.set(path, answer);
  return { path, url: `${files.url}${path}?${secret}` };
}

const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');

async function ingest(caller: Caller, audio: (string | undefined)[], artworkUrl?: string, on = catalog): Promise<Release> {
  const tracks = audio.map((audioUrl, n) => ({ title: `Track ${n + 1}`, audioUrl }));
  const draft = { title: 'Fetched', type: 1, artworkUrl, tracks };
  const { release } = await on.client.createReleaseTree(caller, { draft, ingestionJobUuid: v4(), source: 'rest_json' });
  return release!;
}

const trackOf = async (caller: Caller, uuid: string, on = catalog) => (await on.client.getTrack(caller, { uuid })).track!;
const releaseOf = async (caller: Caller, uuid: string, on = catalog) => (await on.client.getRelease(caller, { uuid })).release!;
const checked = (caller: Caller, uuid: string, on = catalog) =>
  waitFor(
    async () => {
      const track = await trackOf(caller, uuid, on);
      return track.audioStatus === AudioStatus.PROCESSED || track.audioStatus === AudioStatus.FAILED ? track : undefined;
    },
    { what: 'the end of an audio' },
  );
const warned = (caller: Caller, uuid: string, on = catalog) =>
  waitFor(
    async () => {
      const { warnings } = await releaseOf(caller, uuid, on);
      return warnings.length > 0 ? warnings : undefined;
    },
    { what: 'a warning' },
  );
const waiting = (release: string, on = catalog) =>
  on.all<{ track_uuid: string | null; url: Buffer }>('select track_uuid, url from file_fetches where release_uuid = $1', [release]);
const assets = (caller: Caller) =>
  catalog.all<{ kind: string; file_name: string; md5: string }>(
    'select kind, file_name, md5 from assets where tenant_uuid = $1 order by kind, file_name',
    [caller.tenantUuid],
  );
const events = async (release: string) => (await catalog.told(release)).map(({ type, data }) => [type, data['changed'] ?? data['reason']]);

test('audio and cover are fetched, and become what uploads become', async () => {
  const caller = newCaller();
  const [first, second] = [wav({ seconds: 0.3 }), wav({ seconds: 0.2, seed: 2 })];
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const one = at((response) => opened.then(() => response.end(first)), '01%20One.wav');
  const two = at(whole(second), '02');
  const moved = at(status(302, { location: two.url }), 'moved');
  const front = at(whole(cover), 'front.jpg');
  const release = await ingest(caller, [one.url, undefined, moved.url], front.url);
  const [a, b, c] = release.tracks;

  await waitFor(() => files.asked.includes(one.path));
  expect((await trackOf(caller, a!.uuid)).audioStatus).toBe(AudioStatus.PENDING);
  const [row] = (await waiting(release.uuid)).filter(({ track_uuid }) => track_uuid === a!.uuid);
  expect([row!.url.includes(secret), row!.url.includes('127.0.0.1')]).toEqual([false, false]);
  open();

  expect(await checked(caller, a!.uuid)).toMatchObject({ audioStatus: AudioStatus.PROCESSED, audioFormat: 'WAV', audioMd5: md5(first) });
  expect(await checked(caller, c!.uuid)).toMatchObject({ audioStatus: AudioStatus.PROCESSED, audioMd5: md5(second) });
  expect((await trackOf(caller, b!.uuid)).audioStatus).toBe(AudioStatus.PENDING);
  const shown = await waitFor(async () => {
    const { artworkUrl, warnings } = await releaseOf(caller, release.uuid);
    return artworkUrl === undefined ? undefined : { key: artworkUrl.split('/').at(-1)!, warnings };
  });
  expect(shown.warnings).toEqual([]);
  expect(Buffer.from((await catalog.client.getArtwork(caller, { key: shown.key })).content).equals(cover)).toBe(true);

  expect(await assets(caller)).toEqual([
    { kind: 'artwork', file_name: 'front.jpg', md5: md5(cover) },
    { kind: 'audio', file_name: '01 One.wav', md5: md5(first) },
    { kind: 'audio', file_name: 'moved', md5: md5(second) },
  ]);
  expect((await events(release.uuid)).sort()).toEqual([
    ['release.created', undefined],
    ['release.updated', ['artwork']],
    ['release.updated', ['tracks']],
    ['release.updated', ['tracks']],
    ['track.audio.processed', undefined],
    ['track.audio.processed', undefined],
  ]);
  expect(JSON.stringify(await catalog.told(release.uuid))).not.toContain('Signature');
  expect(await waiting(release.uuid)).toEqual([]);
  expect(files.asked.filter((path) => [one, two, moved, front].some((file) => file.path === path))).toHaveLength(4);
});

test('an MD5 that was announced is compared with what was fetched', async () => {
  const caller = newCaller();
  const { url } = at(whole(wav({ seconds: 0.1 })));
  const draft = { title: 'Announced', type: 1, tracks: [{ title: 'Other', audioUrl: url, audioMd5: md5(cover) }] };
  const { release } = await catalog.client.createReleaseTree(caller, { draft, ingestionJobUuid: v4(), source: 'rest_json' });
  expect((await checked(caller, release!.tracks[0]!.uuid)).audioError).toMatch(/was announced\.$/);
});

test('what is no audio, or no cover, is told in words, and leaves nothing in storage', async () => {
  const caller = newCaller();
  const mp3 = at(
    (response) => response.writeHead(200, { 'content-type': 'audio/wav' }).end(Buffer.from(`ID3${'x'.repeat(5_000)}`)),
    'a.wav',
  );
  const svg = at(whole(Buffer.from('<svg/>')), 'cover.jpg');
  const release = await ingest(caller, [mp3.url], svg.url);
  const track = await checked(caller, release.tracks[0]!.uuid);
  const reason = 'The audio could not be fetched: The file is MP3, not WAV or FLAC.';
  expect([track.audioStatus, track.audioError]).toEqual([AudioStatus.FAILED, reason]);
  expect(await warned(caller, release.uuid)).toEqual(['The artwork could not be fetched: The artwork must be a JPEG or PNG image.']);
  expect(await assets(caller)).toEqual([]);
  expect(await catalog.all('select 1 from asset_uploads where tenant_uuid = $1', [caller.tenantUuid])).toEqual([]);
  expect((await events(release.uuid)).sort()).toEqual([
    ['release.created', undefined],
    ['release.updated', ['warnings']],
    ['track.audio.failed', reason],
  ]);
  expect(await waiting(release.uuid)).toEqual([]);

  // Both are mended by uploads.
  await catalog.client.uploadReleaseArtwork(caller, upload(release.uuid, cover));
  await catalog.client.uploadTrackAudio(caller, upload(track.uuid, wav({ seconds: 0.1 })));
  expect((await releaseOf(caller, release.uuid)).warnings).toEqual([]);
  const mended = await checked(caller, track.uuid);
  expect([mended.audioStatus, mended.audioError]).toEqual([AudioStatus.PROCESSED, undefined]);
});

test('the warning about a cover that could not be fetched goes when its owner wants none', async () => {
  const caller = newCaller();
  const release = await ingest(caller, [undefined], at(undefined).url);
  expect(await warned(caller, release.uuid)).toEqual(['The artwork could not be fetched: There is no file at the link (status 404).']);
  await catalog.client.deleteReleaseArtwork(caller, { uuid: release.uuid });
  expect((await releaseOf(caller, release.uuid)).warnings).toEqual([]);
});

test('404 is final; 500 and 429 are tried again until the attempts are used up', async () => {
  const caller = newCaller();
  const file = wav({ seconds: 0.1 });
  const gone = at(undefined);
  const shaky = at(inTurn(status(500), status(429, { 'retry-after': '1' }), whole(file)));
  const broken = at(inTurn((response) => half(file, () => response.destroy())(response), whole(file)));
  const release = await ingest(caller, [gone.url, shaky.url, broken.url], at(status(503)).url);
  const ends = await Promise.all(release.tracks.map(({ uuid }) => checked(caller, uuid)));
  expect(ends.map(({ audioStatus, audioError }) => [audioStatus, audioError])).toEqual([
    [AudioStatus.FAILED, 'The audio could not be fetched: There is no file at the link (status 404).'],
    [AudioStatus.PROCESSED, undefined],
    [AudioStatus.PROCESSED, undefined],
  ]);
  const requests = (path: string) => files.asked.filter((each) => each === path).length;
  expect([gone, shaky, broken].map(({ path }) => requests(path))).toEqual([1, 3, 2]);
  expect(await warned(caller, release.uuid)).toEqual([
    'The artwork could not be fetched: The server answered with status 503. It was tried 3 times.',
  ]);
});

test('what is larger than an upload may be is cut off', async () => {
  const caller = newCaller();
  const huge = at((response) => response.writeHead(200, { 'content-length': '4294967297' }).write('RIFF'));
  const release = await ingest(caller, [huge.url], at(endless).url);
  expect((await checked(caller, release.tracks[0]!.uuid)).audioError).toBe('The audio could not be fetched: The file is larger than 4 GB.');
  expect(await warned(caller, release.uuid)).toEqual(['The artwork could not be fetched: The file is larger than 30 MB.']);
});

test('a URL that is none, has credentials, or leads inside is refused on its field', async () => {
  const caller = newCaller();
  const refused = await refusal(
    ingest(
      caller,
      ['https://169.254.169.254/a.wav', 'https://user:word@files.example/b.wav', 'http://files.example/c.wav'],
      'https://[::1]/x',
      strict,
    ),
  );
  expect([refused.code, refused.fields]).toEqual([
    'validation.failed',
    {
      artwork_url: ['The artwork_url must not point to a private, loopback, link-local or otherwise special address.'],
      'tracks.0.audio_url': ['The tracks.0.audio_url must not point to a private, loopback, link-local or otherwise special address.'],
      'tracks.1.audio_url': ['The tracks.1.audio_url must not contain a user name or password.'],
      'tracks.2.audio_url': ['The tracks.2.audio_url must begin with https://.'],
    },
  ]);
  for (const wrong of ['files.example/a.wav', 'ftp://files.example/a.wav', `https://files.example/${'x'.repeat(2048)}`]) {
    const { code, fields } = await refusal(ingest(caller, [undefined, wrong]));
    expect([wrong, code, Object.keys(fields ?? {})]).toEqual([
      wrong,
      'validation.failed',
      [expect.stringMatching(/tracks\.1\.audio_url$/)],
    ]);
  }
  expect((await ingest(caller, ['  '.trim()])).tracks).toHaveLength(1);
});

test('a name that leads inside is refused when it is connected to', async () => {
  const caller = newCaller();
  const before = files.asked.length;
  const { port } = new URL(files.url);
  const release = await ingest(caller, [`https://files.example:${port}/a.wav`], `https://files.example:${port}/x.jpg`, strict);
  const sentence = 'could not be fetched: The host is at a private, loopback, link-local or otherwise special address.';
  expect((await checked(caller, release.tracks[0]!.uuid, strict)).audioError).toBe(`The audio ${sentence}`);
  expect(await warned(caller, release.uuid, strict)).toEqual([`The artwork ${sentence}`]);
  expect(files.asked).toHaveLength(before);
});

test('an upload by hand wins, also over a download that is under way', async () => {
  const caller = newCaller();
  const [theirs, ours] = [wav({ seconds: 0.2, seed: 3 }), wav({ seconds: 0.2, seed: 4 })];
  let ended = 0;
  const audio = at(half(theirs, undefined, () => (ended += 1)));
  const front = at(half(cover, undefined, () => (ended += 1)));
  const release = await ingest(caller, [audio.url], front.url);
  const [track] = release.tracks;
  await waitFor(() => files.asked.includes(audio.path) && files.asked.includes(front.path));
  await catalog.client.uploadTrackAudio(caller, upload(track!.uuid, ours, 'ours.wav'));
  await catalog.client.uploadReleaseArtwork(caller, upload(release.uuid, await picture(1400), 'ours.jpg'));
  expect(await waiting(release.uuid)).toEqual([]);
  await waitFor(() => ended === 2, { what: 'the end of both downloads' });
  expect(await checked(caller, track!.uuid)).toMatchObject({ audioStatus: AudioStatus.PROCESSED, audioMd5: md5(ours) });
  expect((await assets(caller)).map(({ file_name }) => file_name)).toEqual(['ours.jpg', 'ours.wav']);
  await waitFor(async () => (await catalog.all('select 1 from asset_uploads where tenant_uuid = $1', [caller.tenantUuid])).length === 0);
});

test('a file that comes after the upload by hand is dropped', async () => {
  const caller = newCaller();
  const ours = wav({ seconds: 0.2, seed: 5 });
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const audio = at((response) => opened.then(() => response.end(wav({ seconds: 0.2, seed: 6 }))));
  const release = await ingest(caller, [audio.url]);
  await waitFor(() => files.asked.includes(audio.path));
  await catalog.client.uploadTrackAudio(caller, upload(release.tracks[0]!.uuid, ours));
  open();
  await waitFor(async () => (await catalog.all('select 1 from asset_uploads where tenant_uuid = $1', [caller.tenantUuid])).length === 0);
  expect(await checked(caller, release.tracks[0]!.uuid)).toMatchObject({ audioMd5: md5(ours) });
  expect((await assets(caller)).map(({ md5: sum }) => sum)).toEqual([md5(ours)]);
});

test('of a track or a release that was deleted nothing is left; of one that was taken down nothing is changed', async () => {
  const caller = newCaller();
  const open: (() => void)[] = [];
  const held = () => at((response) => open.push(() => response.end(wav({ seconds: 0.1 }))));
  const [kept, gone] = [await ingest(caller, [held().url, undefined]), await ingest(caller, [held().url])];
  await waitFor(() => open.length === 2);
  await catalog.client.deleteTrack(caller, { uuid: kept.tracks[0]!.uuid });
  await catalog.client.deleteRelease(caller, { uuid: gone.uuid });
  expect([await waiting(kept.uuid), await waiting(gone.uuid)]).toEqual([[], []]);
  const other = newCaller();
  const down = await ingest(other, [held().url], at(undefined).url);
  await warned(other, down.uuid);
  await waitFor(() => open.length === 3);
  await catalog.all(`update releases set status = 'taken_down' where uuid = $1`, [down.uuid]);
  open.forEach((answer) => answer());
  await waitFor(async () => (await waiting(down.uuid)).length === 0);
  expect((await trackOf(other, down.tracks[0]!.uuid)).audioStatus).toBe(AudioStatus.PENDING);
  await waitFor(
    async () =>
      (await catalog.all('select 1 from asset_uploads where tenant_uuid = any ($1)', [[caller.tenantUuid, other.tenantUuid]])).length === 0,
  );
  expect([await assets(caller), await assets(other)]).toEqual([[], []]);
});

test('one tenant with slow files does not keep others waiting', async () => {
  const slow = newCaller();
  const before = files.asked.length;
  await ingest(
    slow,
    Array.from({ length: 6 }, () => at(half(wav({ seconds: 0.1 }))).url),
  );
  await waitFor(() => files.asked.length === before + 2);
  const caller = newCaller();
  const release = await ingest(caller, [at(whole(wav({ seconds: 0.1 }))).url]);
  expect((await checked(caller, release.tracks[0]!.uuid)).audioStatus).toBe(AudioStatus.PROCESSED);
  expect(files.asked).toHaveLength(before + 3);
});

test('a file whose worker died is fetched by the next, once its lease is over', async () => {
  const caller = newCaller();
  const file = wav({ seconds: 0.1 });
  const audio = at(inTurn(half(file), whole(file)));
  const release = await ingest(caller, [audio.url]);
  await waitFor(() => files.asked.includes(audio.path));
  // As when another worker has taken it over from one that was thought dead: what the first brings does not count.
  await catalog.all('update file_fetches set attempts = attempts + 1, due_at = now() where release_uuid = $1', [release.uuid]);
  expect((await checked(caller, release.tracks[0]!.uuid)).audioStatus).toBe(AudioStatus.PROCESSED);
  expect(await assets(caller)).toHaveLength(1);
});

test('files that downloads left behind are none', () => {
  const stored = ['audio', 'artwork'].flatMap((kind) => readdirSync(join(catalog.storageFolder, kind)));
  return waitFor(async () => {
    const [{ n }] = (await catalog.all<{ n: number }>('select count(*)::int as n from assets')) as [{ n: number }];
    return n === stored.length;
  });
});
