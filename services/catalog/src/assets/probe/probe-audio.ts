import { createHash } from 'node:crypto';
import { AudioRefused, type AudioFacts } from './audio-facts';
import { ByteFeed, type Parsing, type Position } from './byte-feed';
import { parseFlac } from './parse-flac';
import { parseWav, type ParsedAudio } from './parse-wav';

/**
 * Finds out what an audio file is while its bytes pass by on their way to storage. It goes by content, never by name, holds a few
 * header bytes at most, and refuses (AudioRefused) as soon as that is certain.
 */
export class AudioProbe {
  private readonly feed: ByteFeed<ParsedAudio>;
  private readonly digest = createHash('md5');
  private size = 0;
  private facts: AudioFacts | null = null;

  /** `walkFrames` checks every FLAC frame, instead of believing the header about its length. */
  constructor({ walkFrames = false }: { walkFrames?: boolean } = {}) {
    this.feed = new ByteFeed((position) => parseAudio(walkFrames, position));
  }

  /** Throws AudioRefused. */
  push(bytes: Uint8Array): void {
    this.size += bytes.byteLength;
    this.digest.update(bytes);
    this.feed.push(bytes);
  }

  /**
   * Hands the chunks on unchanged. It throws AudioRefused in the place of the end of a file that is not whole, so that a store
   * that writes the stream never takes it for finished.
   */
  async *through(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.push(chunk);
      yield chunk;
    }
    this.finish();
  }

  /** To be called after the last byte; again gives the same. Throws AudioRefused. */
  finish(): AudioFacts {
    if (this.facts) return this.facts;
    if (this.size === 0) throw new AudioRefused('empty', 'The file is empty.');
    const { format, sampleRate, bitDepth, channels, samples, audioBytes, warnings } = this.feed.end();
    this.facts = {
      format,
      codec: format === 'WAV' ? 'PCM' : 'FLAC',
      sample_rate: sampleRate,
      bit_depth: bitDepth,
      channels,
      samples,
      duration_ms: Math.round((samples * 1000) / sampleRate),
      bit_rate: Math.round((audioBytes * 8 * sampleRate) / samples),
      md5: this.digest.digest('hex'),
      size: this.size,
      warnings,
    };
    return this.facts;
  }
}

/** Reads a whole stream and tells what audio it is. Rejects with AudioRefused. */
export async function probeAudio(chunks: AsyncIterable<Uint8Array>, options?: { walkFrames?: boolean }): Promise<AudioFacts> {
  const probe = new AudioProbe(options);
  for await (const chunk of chunks) probe.push(chunk);
  return probe.finish();
}

/**
 * The full pass over what was stored: the bytes must hold the audio that the header declares, and every FLAC frame must be there, in
 * order, with right checksums. (WAVE has none: its length and `md5` are all that can be compared.) Rejects with AudioRefused.
 */
export const verifyAudio = (chunks: AsyncIterable<Uint8Array>): Promise<AudioFacts> => probeAudio(chunks, { walkFrames: true });

function* parseAudio(walkFrames: boolean, position: Position): Parsing<ParsedAudio> {
  let tags = 0;
  for (;;) {
    const start = yield { take: 4 };
    const magic = start.toString('latin1');
    if (magic === 'RIFF' || magic === 'RF64' || magic === 'BW64') {
      if (tags === 0) return yield* parseWav(magic, position);
    } else if (magic === 'fLaC') return yield* parseFlac(walkFrames, position);
    else if (magic.startsWith('ID3') && tags++ < 8) {
      // Some taggers put an ID3v2 tag before a FLAC file, as they do with MP3.
      const rest = yield { take: 6 };
      if (rest.length < 6) throw new AudioRefused('truncated', 'The file is cut off.');
      const size = [2, 3, 4, 5].reduce((sum, i) => sum * 128 + (rest.readUInt8(i) & 0x7f), 0);
      yield { skip: size + (rest.readUInt8(1) & 0x10 ? 10 : 0) };
      continue;
    }
    const more = yield { take: 12 };
    throw new AudioRefused('not_wav_or_flac', `The file is ${nameFormat(Buffer.concat([start, more]), tags > 0)}, not WAV or FLAC.`);
  }
}

function nameFormat(start: Buffer, tagged: boolean): string {
  const text = start.toString('latin1');
  const [first = 0, second = 0] = start;
  if (first === 0xff && (second & 0xf6) === 0xf0) return 'AAC';
  if (tagged || (first === 0xff && (second & 0xe0) === 0xe0)) return 'MP3';
  if (text.startsWith('OggS')) return 'Ogg';
  if (text.startsWith('FORM')) return 'AIFF';
  if (text.startsWith('RIFX')) return 'big-endian WAVE (RIFX)';
  if (text.startsWith('riff')) return 'Wave64';
  if (text.startsWith('caff')) return 'a Core Audio file';
  if (text.startsWith('MAC ')) return "Monkey's Audio";
  if (text.startsWith('wvpk')) return 'WavPack';
  if (text.startsWith('DSD ') || text.startsWith('FRM8')) return 'DSD';
  if (text.slice(4, 8) === 'ftyp') return 'MP4 or M4A';
  if (text.startsWith('\x1aE\xdf\xa3')) return 'Matroska or WebM';
  if (text.startsWith('0&\xb2u')) return 'Windows Media';
  if (text.startsWith('PK\x03\x04')) return 'a ZIP archive';
  return 'something else';
}
