import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findSchemasDir } from '../src/validate/find-schemas';
import type { ReleaseForDsp, TrackInput } from '../src/model/input';

/** Where DDEX's schemas are on this machine, or null. */
export const schemasDir = findSchemasDir(process.env, __dirname);

/** Official samples beside the schemas, or null. */
export const samplesDir = schemasDir && existsSync(resolve(schemasDir, '..', 'samples')) ? resolve(schemasDir, '..', 'samples') : null;

const chosen = (needed: string, present: boolean): ((name: string, suite: () => void) => void) =>
  present ? describe : (name, suite) => describe.skip(`${name} (skipped: ${needed} are not installed; see DDEX_SCHEMAS_DIR)`, suite);

/** A suite that needs the schemas: counted as skipped, with the reason in its name, where there are none. */
export const describeWithSchemas = chosen('DDEX’s schemas', schemasDir !== null);
export const describeWithSamples = chosen('DDEX’s samples', samplesDir !== null);
export const schemaFile = (...parts: string[]): string => join(schemasDir ?? 'no-schemas', ...parts);

const audio = (n: number): NonNullable<TrackInput['audio']> => ({
  source: `audio/${n}`,
  format: 'wav',
  bitDepth: 24,
  sampleRate: 96_000,
  channels: 2,
  md5: 'D41D8CD98F00B204E9800998ECF8427E',
  sizeBytes: 125_000_000,
});

export const track = (n: number, changes: Partial<TrackInput> = {}): TrackInput => ({
  id: `0190a000-0000-7000-8000-00000000000${n}`,
  position: n,
  title: n === 1 ? 'Lagos Skyline' : 'Opening',
  isrc: `NGTON260000${n}`,
  durationMs: 218_000,
  explicit: false,
  artists: [],
  audio: audio(n),
  ...changes,
});

/** The release of the API reference's sample: an EP of two tracks for one DSP. */
export function sampleRelease(
  changes: Partial<Omit<ReleaseForDsp, 'release' | 'config' | 'dsp' | 'message'>> & {
    [K in 'release' | 'config' | 'dsp' | 'message']?: Partial<ReleaseForDsp[K]>;
  } = {},
): ReleaseForDsp {
  return {
    sender: { dpid: 'PADPIDA2026012301U', name: 'ToneGrid' },
    tracks: [
      track(1, { versionTitle: 'Radio Edit', localizedTitles: { fr: 'Horizon de Lagos', yo: 'Itọju Eko' } }),
      track(2, { explicit: true }),
    ],
    artwork: {
      source: 'artwork/1',
      format: 'jpeg',
      width: 3000,
      height: 3000,
      md5: 'd41d8cd98f00b204e9800998ecf8427e',
      sizeBytes: 900_000,
    },
    ...changes,
    message: { id: 'TG-2542cbd010b9d16c71c1f63bee330982', createdAt: '2026-05-18T11:54:00.250Z', ...changes.message },
    dsp: { slug: 'spotify', name: 'Spotify', dpid: 'PADPIDA2011072101T', supportsAtmos: true, ...changes.dsp },
    release: {
      id: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
      title: 'Midnight in Lagos',
      type: 'ep',
      upc: '0123456789012',
      grid: 'A10302B0003989564F',
      releaseDate: '2026-06-17',
      genre: 'Afrobeats',
      subgenre: 'Alté',
      label: 'ToneGrid Records',
      language: 'en',
      explicit: false,
      artists: [{ id: 'artist-1', name: 'Ada Okafor' }],
      ...changes.release,
    },
    config: {
      monetizationPolicies: ['ad_supported_streaming', 'subscription_streaming', 'permanent_download'],
      pricing: { trackMinor: 129, albumMinor: 999, currency: 'USD' },
      territories: { mode: 'worldwide' },
      ...changes.config,
    },
  };
}
