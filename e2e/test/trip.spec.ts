import { startCollector, waitFor, type Collector } from '@tonegrid/testing';
import { Api, draft, startPlatform, startReceiver, takeTrip, type Platform, type Receiver } from '../src';
import { describeTelemetry } from './telemetry';

let platform: Platform;
let receiver: Receiver;
let collector: Collector;
let api: Api;
let release: string;

beforeAll(async () => {
  collector = await startCollector();
  platform = await startPlatform({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '200' } });
  receiver = await startReceiver();
  api = new Api(platform.url, platform.key);
  const made = await api.post('/webhooks', { name: 'suite', url: receiver.url, events: ['*'] });
  expect(made.status).toBe(201);
  receiver.secret = made.body.data.secret;
}, 120_000);

afterAll(async () => {
  await receiver?.stop();
  await platform?.stop();
  await collector?.stop();
});

describe('one release all the way through', () => {
  // One DSP of each kind: SFTP, REST, through a partner.
  const dsps = ['spotify', 'youtube_music', 'qq-music'];

  test('it goes in by REST and is live at DSPs over SFTP, over REST and through a partner', async () => {
    release = await takeTrip(api, { title: 'Midnight in Lagos', dsps, keys: 'trip' });
    const { body } = await api.get(`/releases/${release}/ddex/deliveries`);
    for (const delivery of body.data.deliveries) {
      expect(delivery).toMatchObject({ status: 'live', error_message: null });
      expect(delivery.live_url).toMatch(/^https:\/\//);
      expect(delivery.dsp_release_id).toEqual(expect.any(String));
      expect(Date.parse(delivery.live_at)).toBeGreaterThanOrEqual(Date.parse(delivery.submitted_at));
    }
    expect(body.data.deliveries.map((delivery: { dsp: string }) => delivery.dsp).sort()).toEqual(['qq-music', 'spotify', 'youtube-music']);
  }, 120_000);

  test('the release is live and complete in the catalogue', async () => {
    await waitFor(async () => (await api.get(`/releases/${release}`)).body.release.status === 'live');
    const { body } = await api.get(`/releases/${release}`);
    expect(body.release).toMatchObject({
      uuid: release,
      title: 'Midnight in Lagos',
      type: 'ep',
      genre: 'Afrobeats',
      release_date: '2026-07-12',
      subgenre: null,
    });
    expect(body.release.upc).toMatch(/^\d{12,14}$/);
    expect(body.release.tracks.map((track: { title: string; duration: number }) => [track.title, track.duration])).toEqual([
      ['Opening', 2],
      ['Lagos Nights', 3],
    ]);
    const picture = await fetch(body.release.artwork_url);
    expect(picture.headers.get('content-type')).toBe('image/jpeg');
  });

  test('every stage was told to the subscriber once, signed, and in order', async () => {
    const once = [
      'ingestion.received',
      'ingestion.accepted',
      'release.created',
      'release.submitted',
      'release.approved',
      ...['spotify', 'youtubemusic', 'qqmusic'].flatMap((dsp) =>
        ['submitted', 'accepted', 'live'].map((stage) => `release.dsp.${dsp}.${stage}`),
      ),
    ];
    await waitFor(() => once.every((event) => receiver.distinct(event) > 0), { timeout: 30_000, what: 'all webhooks' });
    for (const event of once) expect([event, receiver.distinct(event)]).toEqual([event, 1]);
    expect(receiver.distinct('track.audio.processed')).toBe(2);
    expect(receiver.receipts.every(({ signed }) => signed)).toBe(true);
    const created = (event: string) => Date.parse(receiver.receipts.find((receipt) => receipt.event === event)!.body.created_at);
    const order = [
      'release.created',
      'release.submitted',
      'release.approved',
      'release.dsp.spotify.submitted',
      'release.dsp.spotify.accepted',
      'release.dsp.spotify.live',
    ];
    const times = order.map(created);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // What is for the platform's own services alone was told to nobody, though this subscriber asked for everything.
    expect(receiver.receipts.map(({ event }) => event).filter((event) => /^(audit|tenant)\./.test(event))).toEqual([]);
    expect(receiver.receipts.filter(({ body }) => JSON.stringify(body).includes('client_address'))).toEqual([]);
  });

  test('preview, file and report are of one message, and the report finds nothing', async () => {
    const preview = await api.get(`/releases/${release}/ddex/preview/spotify`);
    expect(preview.body.data).toMatchObject({
      release_id: release,
      dsp: { slug: 'spotify', name: 'Spotify' },
      ern_version: '4.3',
      choreography: 'ERN-Direct',
    });
    expect(preview.body.data.xml).toContain('<ern:NewReleaseMessage');
    expect(preview.body.data.size_bytes).toBe(Buffer.byteLength(preview.body.data.xml));
    const file = await api.get(`/releases/${release}/ddex/preview/spotify.xml`);
    expect(file.headers.get('content-disposition')).toContain(`${release}-spotify.xml`);
    expect(file.headers.get('content-type')).toContain('xml');
    expect(file.text).toContain('<TrackRelease');
    const report = await api.get(`/releases/${release}/ddex/validate/apple-music`);
    expect([report.status, report.body.code]).toEqual([422, 'dsp.not_attached']);
    const { validation } = (await api.get(`/releases/${release}/ddex/validate/youtube-music`)).body.data;
    expect(validation).toMatchObject({ valid: true, errors: [], ern_version: '4.3' });
    if (!validation.schema_checked) expect(validation.schema_skipped_reason).toEqual(expect.any(String));
  });

  test('a correction is redelivered in the same thread and told as an update', async () => {
    const corrected = await api.put(`/releases/${release}`, { genre: 'Afropop' });
    expect(corrected.body.release).toMatchObject({ genre: 'Afropop', has_undelivered_changes: true });
    const again = await api.post(`/releases/${release}/ddex/deliver/spotify`, undefined, { idempotencyKey: 'correction' });
    expect([again.status, again.body.data.queued]).toEqual([202, [{ dsp: 'spotify', state: 'update_submitted' }]]);
    await waitFor(() => receiver.distinct('release.dsp.spotify.updated') === 1, { timeout: 30_000, what: 'release.dsp.spotify.updated' });
    const update = receiver.receipts.find(({ event }) => event === 'release.dsp.spotify.updated')!;
    expect(update.body.data['thread_continuation']).toBe(true);
    const deliveries = (await api.get(`/releases/${release}/ddex/deliveries`)).body.data.deliveries as { dsp: string; uuid: string }[];
    const { uuid } = deliveries.find(({ dsp }) => dsp === 'spotify')!;
    const messages = (await api.get(`/releases/${release}/ddex/deliveries/${uuid}/messages`)).body.data as {
      direction: string;
      thread_id: string;
      message_id: string;
    }[];
    const sent = messages.filter(({ direction }) => direction === 'sent');
    expect(new Set(sent.map(({ message_id }) => message_id)).size).toBe(2);
    expect(new Set(sent.map(({ thread_id }) => thread_id)).size).toBe(1);
  }, 60_000);

  test('the same Idempotency-Key gives the same release again and says so; another body is refused', async () => {
    const again = await api.post('/ingestion/json', draft('Midnight in Lagos', dsps), { idempotencyKey: 'trip.ingest' });
    expect(again.status).toBe(201);
    expect(again.headers.get('x-tonegrid-idempotent-replay')).toBe('true');
    expect(again.body.data.release.uuid).toBe(release);
    const other = await api.post('/ingestion/json', draft('Another', dsps), { idempotencyKey: 'trip.ingest' });
    expect([other.status, other.body.error]).toEqual([422, 'Idempotency-Key reused with a different request body.']);
  });

  test('fifty twins at once make one release', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => api.post('/ingestion/json', draft('Twins'), { idempotencyKey: 'twins', persistent: true })),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]!.status).toBe(201);
  }, 60_000);

  test('another tenant sees nothing of it', async () => {
    const stranger = new Api(platform.url, (await platform.addTenant('stranger')).key);
    const paths = [
      `/releases/${release}`,
      `/releases/${release}/tracks`,
      `/releases/${release}/ddex/preview/spotify`,
      `/releases/${release}/ddex/deliveries`,
      `/releases/${release}/dsps`,
    ];
    for (const path of paths)
      expect([path, (await stranger.get(path)).body]).toEqual([
        path,
        expect.objectContaining({ error: 'Release not found.', code: 'release.not_found' }),
      ]);
    expect((await stranger.get('/releases')).body).toMatchObject({ data: [], total: 0 });
    expect((await stranger.post(`/releases/${release}/ddex/deliver`)).status).toBe(404);
    expect((await stranger.put(`/releases/${release}`, { title: 'Mine' })).status).toBe(404);
  });
});

describeTelemetry(() => ({ platform, api, collector, release }));
