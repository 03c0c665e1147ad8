import { parseIsrc, parseIswc } from '../identifiers/recordings';
import { buildCredits, buildWorkRights } from './build-credits';
import { copyrightLine } from './copyright-line';
import type { AudioInput, ReleaseForDsp, TrackInput } from './input';
import type {
  CodedValue,
  CopyrightLine,
  DeliveredFile,
  NotifiedFile,
  RecordingEdition,
  SoundRecording,
  Text,
  TechnicalDetails,
} from './notification';
import type { PartyBook } from './party-book';
import { namespace } from './roles';
import { languageCode, titlesOf } from './texts';

/** Bytes as a message's FileSize. The schema says kilobytes; the API reference's own figure is one of 1,024 bytes, rounded up. */
export const kilobytes = (bytes: number): number => Math.ceil(bytes / 1024);

/** High-resolution as the API reference defines it, where the schema is silent: at least 88.2 kHz and 24 bit. */
export const isHiRes = (audio: AudioInput | null | undefined): boolean =>
  (audio?.sampleRate ?? 0) >= 88_200 && (audio?.bitDepth ?? 0) >= 24;

const wholeSeconds = (milliseconds: number | null | undefined): number => Math.max(1, Math.round((milliseconds ?? 0) / 1000));
const modes: Record<number, string> = { 1: 'Mono', 2: 'Stereo', 4: 'Quad', 6: 'SurroundSound', 8: 'SurroundSound' };
const layouts: Record<number, string> = { 6: '5.1', 8: '7.1' };

export function deliveredFile(uri: string, file: { md5?: string | null; sizeBytes?: number | null }): DeliveredFile {
  return {
    uri,
    ...(file.md5 ? { hash: { algorithm: { value: 'MD5' }, value: file.md5.toLowerCase() } } : {}),
    ...(file.sizeBytes ? { sizeKilobytes: kilobytes(file.sizeBytes) } : {}),
  };
}

function technicalDetails(
  reference: string,
  uri: string,
  audio: AudioInput,
  seconds: number,
  provided: boolean,
  immersive: boolean,
): TechnicalDetails {
  const codec: CodedValue = { value: immersive ? 'DolbyAtmosMasterADM' : audio.format === 'flac' ? 'FLAC' : 'PCM' };
  const { sampleRate, bitDepth, channels } = audio;
  // PCM has the bit rate of its format; that of FLAC is what the file averages.
  const bits =
    audio.format === 'wav' && sampleRate && bitDepth && channels
      ? sampleRate * bitDepth * channels
      : audio.sizeBytes
        ? (audio.sizeBytes * 8) / seconds
        : null;
  return {
    reference,
    files: [
      {
        type: 'AudioFile',
        codec,
        ...(bits ? { bitRateKbps: Math.round(bits / 100) / 10 } : {}),
        ...(channels ? { channels: layouts[channels] ?? String(channels) } : {}),
        ...(sampleRate ? { sampleRateHz: sampleRate } : {}),
        ...(bitDepth ? { bitsPerSample: bitDepth } : {}),
        durationSeconds: seconds,
        file: deliveredFile(uri, audio),
        isProvided: provided,
      },
    ],
    ...(immersive ? { hasImmersiveMetadata: true } : {}),
  };
}

export interface RecordingContext {
  input: ReleaseForDsp;
  book: PartyBook;
  clean: (text: string, what: string) => string;
  warn: (warning: string) => void;
  files: NotifiedFile[];
  /** Beginning of file names: `0123456789012_01_`. */
  fileStem: string;
  /** Lyrics of all recordings. */
  texts: Text[];
  pLine: CopyrightLine | undefined;
  holder: string | undefined;
  labelName: string;
}

/** The sound recording of one track; `index` from 0 gives its references (`A0001`, `T0001`). */
export function buildRecording(track: TrackInput, index: number, context: RecordingContext): SoundRecording {
  const { input, book, clean, warn, files } = context;
  const number = String(index + 1).padStart(4, '0');
  const reference = `A${number}`;
  const where = `track ${track.position}`;
  const provided = input.message.includesFiles ?? true;
  const seconds = wholeSeconds(track.durationMs);
  if (!track.durationMs) warn(`The length of ${where} is unknown`);

  const isrcOf = (text: string | null | undefined): string | undefined => {
    const isrc = text ? parseIsrc(text) : null;
    if (isrc && !isrc.ok) warn(`ISRC of ${where} left out: it ${isrc.reason}`);
    return isrc?.ok ? isrc.value : undefined;
  };
  const isrc = isrcOf(track.isrc);
  const trackLine = track.pLine ? clean(track.pLine, 'P line') : '';
  const pLine = trackLine ? copyrightLine(trackLine, context.pLine?.year, context.labelName) : context.pLine;

  const edition = (audio: AudioInput | null | undefined, code: string | undefined, immersive: boolean): RecordingEdition => {
    const uri = `resources/${context.fileStem}${number.slice(1)}${immersive ? '_atmos' : ''}.${audio?.format ?? 'wav'}`;
    if (audio) {
      files.push({
        reference,
        kind: 'audio',
        uri,
        source: audio.source,
        ...(audio.md5 ? { md5: audio.md5.toLowerCase() } : {}),
        ...(audio.sizeBytes ? { sizeBytes: audio.sizeBytes } : {}),
      });
    }
    return {
      ids: [code ? { isrc: code } : { proprietaryIds: [{ namespace, value: track.id }] }],
      ...(pLine ? { pLines: [pLine] } : {}),
      mode: immersive ? 'ImmersiveAudio' : audio?.channels ? (modes[audio.channels] ?? 'MultichannelAudio') : 'Stereo',
      technical: audio ? [technicalDetails(immersive ? `T${number}_ATMOS` : `T${number}`, uri, audio, seconds, provided, immersive)] : [],
    };
  };
  const editions = [edition(track.audio, isrc, false)];
  if (track.immersive && input.dsp.supportsAtmos) {
    editions[0]!.type = 'NonImmersiveEdition';
    editions.push({ type: 'ImmersiveEdition', ...edition(track.immersive.audio, isrcOf(track.immersive.isrc), true) });
  }

  const artists = track.artists.length > 0 ? track.artists : input.release.artists;
  const credits = buildCredits(artists, track.contributors ?? [], book, clean, context.labelName);
  const iswc = track.iswc ? parseIswc(track.iswc) : null;
  if (iswc && !iswc.ok) warn(`ISWC of ${where} left out: it ${iswc.reason}`);
  if (iswc?.ok) for (const warning of iswc.warnings ?? []) warn(`${where}: ${warning}`);
  const language = languageCode(track.language ?? input.release.language ?? 'en') ?? 'en';
  const lyrics = [...new Set((track.lyricsLanguages ?? []).map(languageCode).filter((code) => code !== null))];
  lyrics.forEach((code, at) =>
    context.texts.push({
      reference: `${reference}_LYRICS_${at + 1}`,
      language: code,
      type: { value: 'LyricText' },
      proprietaryIds: [{ namespace, value: `${track.id}-lyrics-${code}` }],
    }),
  );
  const firstPublished = track.firstPublished ?? input.release.originalReleaseDate ?? input.release.releaseDate;
  return {
    reference,
    ...(language === (languageCode(input.release.language ?? 'en') ?? 'en') ? {} : { language }),
    editions,
    type: { value: 'MusicalWorkSoundRecording' },
    ...(iswc?.ok ? { workIds: [{ iswc: iswc.value }] } : {}),
    ...titlesOf(track.title, track.versionTitle, language, track.localizedTitles, track.localizedVersions, clean, warn),
    ...credits,
    resourceRights: context.holder
      ? [
          {
            party: book.reference('RIGHTSHOLDER', { name: context.holder }),
            sequence: 1,
            controls: ['RightsController'],
            share: 'unknown',
            territories: [],
          },
        ]
      : [],
    workRights: buildWorkRights(track.publishers ?? [], book, clean),
    durationSeconds: seconds,
    ...(firstPublished ? { firstPublished: [{ date: firstPublished }] } : {}),
    advisories: [
      {
        value: track.explicit
          ? 'Explicit'
          : track.isClean
            ? 'ExplicitContentEdited'
            : track.explicit === false
              ? 'NotExplicit'
              : 'NoAdviceAvailable',
      },
    ],
    ...(track.containsAi ? { containsAi: track.containsAi } : {}),
    ...(track.isInstrumental === null || track.isInstrumental === undefined ? {} : { isInstrumental: track.isInstrumental }),
    ...(isHiRes(track.audio) ? { isHiRes: true } : {}),
    ...(lyrics[0] ? { performanceLanguages: [{ language: lyrics[0] }] } : {}),
  };
}
