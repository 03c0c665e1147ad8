import { makeJpegCover, makeWav, waitFor } from '@tonegrid/testing';
import type { Answer, Api } from './api';

/** Where the release goes and how it is told of. */
export interface TripOptions {
  title: string;
  /** Slugs in any spelling. */
  dsps: string[];
  /** Prefix of the Idempotency-Keys: the same one makes a repeated trip the same trip. */
  keys: string;
  /** Called before each step. */
  onStep?: (step: string) => Promise<void> | void;
}

/** A release of two tracks as an integrator's system sends it. */
export const draft = (title: string, dsps: string[] = []) => ({
  title,
  type: 'ep',
  genre: 'Afrobeats',
  release_date: '2026-07-12',
  language: 'en',
  label: 'Sandbox Records',
  artists: [{ name: 'Ada Okafor', role: 'main' }],
  dsps,
  tracks: [
    { title: 'Opening', track_number: 1, explicit: false, contributors: [{ name: 'Sarz', role: 'producer' }] },
    { title: 'Lagos Nights', track_number: 2, explicit: true },
  ],
});

let cover: Promise<Buffer> | undefined;

/**
 * Takes a release through every room: ingestion, audio and artwork, delivery, and waits until it is live at every DSP. Each
 * step is tried again until it is answered, as an integrator does who sends an Idempotency-Key. Answers the release's uuid.
 */
export async function takeTrip(api: Api, options: TripOptions): Promise<string> {
  const step = async (
    name: string,
    call: (more: { idempotencyKey: string; persistent: true }) => Promise<Answer>,
    status: number,
  ): Promise<Answer> => {
    await options.onStep?.(name);
    const answer = await call({ idempotencyKey: `${options.keys}.${name}`, persistent: true });
    if (answer.status !== status) throw new Error(`${name}: HTTP ${answer.status} ${answer.text}`);
    return answer;
  };
  const ingested = await step('ingest', (more) => api.post('/ingestion/json', draft(options.title, options.dsps), more), 201);
  const release = ingested.body.data.release.uuid as string;
  const tracks = ingested.body.data.tracks as { uuid: string }[];
  for (const [index, track] of tracks.entries()) {
    const wav = makeWav({ seconds: 2 + index, sampleRate: 44100, bitDepth: 24, channels: 2 });
    await step(`audio-${index + 1}`, (more) => api.upload(`/tracks/${track.uuid}/audio`, 'audio', `${index + 1}.wav`, wav, more), 200);
  }
  const picture = await (cover ??= makeJpegCover(3000));
  await step('artwork', (more) => api.upload(`/releases/${release}/artwork`, 'artwork', 'cover.jpg', picture, more), 200);
  await options.onStep?.('processing');
  await waitFor(
    async () => {
      const { body } = await api.get(`/releases/${release}/tracks`, { persistent: true });
      return (body.tracks as { audio_status: string }[]).every((track) => track.audio_status === 'processed');
    },
    { timeout: 60_000 },
  );
  await step('deliver', (more) => api.post(`/releases/${release}/ddex/deliver`, undefined, more), 202);
  await options.onStep?.('live');
  await waitFor(
    async () => {
      const { body } = await api.get(`/releases/${release}/ddex/deliveries`, { persistent: true });
      const deliveries = body.data.deliveries as { status: string; error_message: string | null }[];
      const lost = deliveries.find(({ status }) => status === 'error' || status === 'rejected');
      if (lost) throw new Error(`delivery ended as ${lost.status}: ${lost.error_message}`);
      return deliveries.length === options.dsps.length && deliveries.every(({ status }) => status === 'live');
    },
    { timeout: 90_000 },
  );
  return release;
}
