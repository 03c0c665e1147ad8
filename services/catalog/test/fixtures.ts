import { ReleaseType, type Release } from '@tonegrid/contracts';
import type { Caller } from '@tonegrid/rpc';
import { waitFor } from '@tonegrid/testing';
import sharp from 'sharp';
import type { Catalog } from './start-catalog';

/** A WAV file of noise that is the same for the same seed. */
export function wav({ seconds = 1, rate = 44_100, bits = 24, channels = 2, seed = 1 } = {}): Buffer {
  const frame = (bits / 8) * channels;
  const size = Math.round(seconds * rate) * frame;
  const file = Buffer.alloc(44 + size);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + size, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(channels, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * frame, 28);
  file.writeUInt16LE(frame, 32);
  file.writeUInt16LE(bits, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(size, 40);
  for (let at = 44, state = seed; at + 4 <= file.length; at += 4)
    file.writeUInt32LE((state = (state * 1_664_525 + 1_013_904_223) >>> 0), at);
  return file;
}

/** A picture of one colour. */
export const picture = (
  side: number,
  { height = side, format = 'jpeg', colour = '#c04020' }: { height?: number; format?: 'jpeg' | 'png'; colour?: string } = {},
): Promise<Buffer> =>
  sharp({ create: { width: side, height, channels: 3, background: colour } })
    .toFormat(format)
    .toBuffer();

/** An upload as the gateway sends it. */
export async function* upload(uuid: string, content: Buffer, fileName = 'file') {
  yield { part: { case: 'start' as const, value: { uuid, fileName, contentType: 'application/octet-stream' } } };
  for (let at = 0; at < content.length; at += 64 * 1024)
    yield { part: { case: 'chunk' as const, value: content.subarray(at, at + 64 * 1024) } };
}

export const eclipse = { title: 'Eclipse', type: ReleaseType.SINGLE, releaseDate: '2026-05-01', genre: 'Afrobeats' };

/** A draft without anything that the gates of submission ask for but a date. */
export async function bareRelease(catalog: Catalog, caller: Caller, fields: object = {}): Promise<Release> {
  const { release } = await catalog.client.createRelease(caller, { ...eclipse, ...fields });
  return release!;
}

let cover: Promise<Buffer> | undefined;

/** A draft that passes every gate: one track with checked audio, a cover, Spotify and Apple Music. */
export async function readyRelease(catalog: Catalog, caller: Caller, fields: object = {}): Promise<Release> {
  const { uuid } = await bareRelease(catalog, caller, fields);
  const { track } = await catalog.client.createTrack(caller, { uuid, title: 'Eclipse', position: 1, explicit: false });
  await catalog.client.uploadTrackAudio(caller, upload(track!.uuid, wav({ seconds: 0.2 })));
  await catalog.client.uploadReleaseArtwork(caller, upload(uuid, await (cover ??= picture(3000))));
  await catalog.client.attachDsps(caller, { uuid, dsps: ['spotify', 'apple_music'] });
  await waitFor(async () => (await catalog.client.getTrack(caller, { uuid: track!.uuid })).track?.audioStatus === 3, {
    what: 'audio being checked',
  });
  return (await catalog.client.getRelease(caller, { uuid })).release!;
}

/** A release that was approved. */
export async function approvedRelease(catalog: Catalog, caller: Caller): Promise<Release> {
  const release = await readyRelease(catalog, caller);
  await catalog.client.submitRelease({ ...caller, reviewPolicy: 'auto' }, { uuid: release.uuid });
  return release;
}
