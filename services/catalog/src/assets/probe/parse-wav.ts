import { AudioRefused, checkFormat, formatWarnings, type AudioFormat, type AudioWarning } from './audio-facts';
import { everything, type Parsing, type Position } from './byte-feed';

/** What a parser found, to be completed with the file's size and digest. */
export interface ParsedAudio extends AudioFormat {
  format: 'WAV' | 'FLAC';
  samples: number;
  /** Bytes of audio, without headers and tags. */
  audioBytes: number;
  warnings: AudioWarning[];
}

interface WavFormat extends AudioFormat {
  /** Bytes of one sample of all channels. */
  blockAlign: number;
}

const unknown32 = 0xffffffff;
// Wave files from the wild have a handful of chunks before their audio; more is a file made to keep a parser busy.
const mostChunks = 1000;
const codecs: Record<number, string> = {
  0x0002: 'Microsoft ADPCM',
  0x0003: 'IEEE float',
  0x0006: 'A-law',
  0x0007: 'µ-law',
  0x0011: 'IMA ADPCM',
  0x0031: 'GSM 6.10',
  0x0050: 'MPEG audio',
  0x0055: 'MP3',
  0x0092: 'AC-3',
  0x00ff: 'AAC',
  0x0161: 'Windows Media Audio',
  0x2000: 'AC-3',
  0x2001: 'DTS',
  0xf1ac: 'FLAC',
};
// 0000xxxx-0000-0010-8000-00AA00389B71, without the two bytes that carry a format tag
const formatTagGuid = Buffer.from('0000000010008000' + '00aa00389b71', 'hex');

/**
 * Reads a WAVE file from behind its first four bytes: RIFF (Microsoft's "Multimedia Programming Interface and Data Specifications 1.0",
 * and WAVE_FORMAT_EXTENSIBLE), RF64 (EBU Tech 3306) and BW64 (ITU-R BS.2088). Chunks may come in any order.
 */
export function* parseWav(magic: 'RIFF' | 'RF64' | 'BW64', position: Position): Parsing<ParsedAudio> {
  const head = yield { take: 8 };
  if (head.length < 8) throw truncated('ends within its header');
  if (head.toString('latin1', 4) !== 'WAVE') throw new AudioRefused('not_wav_or_flac', 'The file is RIFF, but not WAVE audio.');
  let fileEnd = magic === 'RIFF' ? head.readUInt32LE(0) + 8 : unknown32;
  let longData: number | null = null;
  let format: WavFormat | null = null;
  let data: { bytes: number; declared: boolean } | null = null;

  for (let chunks = 0; !format || !data; chunks++) {
    if (chunks === mostChunks) throw new AudioRefused('malformed', 'The WAVE file has too many chunks before its audio.');
    const header = yield { take: 8 };
    if (header.length === 0) throw missing(format, position.at < fileEnd && fileEnd !== unknown32);
    if (header.length < 8) throw truncated('ends within the header of a chunk');
    const id = header.toString('latin1', 0, 4);
    const size = header.readUInt32LE(4);
    if (!/^[\x20-\x7e]{4}$/.test(id)) throw new AudioRefused('malformed', 'The WAVE file holds bytes where a chunk should begin.');

    if (id === 'data') {
      if (data) throw new AudioRefused('malformed', 'The WAVE file has several data chunks.');
      const length = dataLength(magic, size, longData, fileEnd, position.at);
      data = yield* passData(length, position);
    } else if (id === 'fmt ' && !format) {
      if (size < 16) throw new AudioRefused('malformed', 'The fmt chunk of the WAVE file is too short.');
      const fields = yield* takeOf(size, 40, position);
      format = readFormat(fields);
    } else if (id === 'ds64' && magic !== 'RIFF' && longData === null) {
      if (size < 24) throw new AudioRefused('malformed', 'The ds64 chunk of the WAVE file is too short.');
      const fields = yield* takeOf(size, 24, position);
      fileEnd = length64(fields, 0) + 8;
      longData = length64(fields, 8);
    } else if (id === 'LIST' && size >= 4) {
      const fields = yield* takeOf(size, 4, position);
      if (fields.toString('latin1') === 'wavl')
        throw new AudioRefused('unsupported_codec', 'WAVE files in several pieces (wavl) are not accepted.');
    } else yield* takeOf(size, 0, position);
  }

  yield { skip: everything };
  return settle(format, data, fileEnd, position.at);
}

// Null: not declared. A writer that streams leaves the length at 0 or all ones; 0 in a file that says it goes on behind the chunk is a
// chunk that is really empty.
function dataLength(magic: string, size: number, longData: number | null, fileEnd: number, at: number): number | null {
  if (magic !== 'RIFF' && size === unknown32) {
    if (longData === null) throw new AudioRefused('malformed', `The ${magic} file has no ds64 chunk before its data.`);
    return longData === 0 ? null : longData;
  }
  if (size === unknown32) return null;
  return size === 0 && (fileEnd <= at || fileEnd >= unknown32) ? null : size;
}

function* passData(length: number | null, position: Position): Parsing<{ bytes: number; declared: boolean }> {
  const start = position.at;
  yield { skip: length ?? everything };
  const bytes = position.at - start;
  if (length !== null && bytes < length) throw truncated(`holds ${bytes} of the ${length} bytes of audio that it declares`);
  if (bytes % 2 === 1) yield { skip: 1 };
  return { bytes, declared: length !== null };
}

// Takes the first bytes of a chunk and passes over the others and over the byte that makes an odd chunk even.
function* takeOf(size: number, first: number, position: Position): Parsing<Buffer> {
  const start = position.at;
  const fields = yield { take: Math.min(size, first) };
  yield { skip: size - fields.length };
  if (position.at - start < size) throw truncated('ends within a chunk before its audio');
  if (size % 2 === 1) yield { skip: 1 };
  return fields;
}

function readFormat(fields: Buffer): WavFormat {
  let tag = fields.readUInt16LE(0);
  const channels = fields.readUInt16LE(2);
  const sampleRate = fields.readUInt32LE(4);
  const blockAlign = fields.readUInt16LE(12);
  const containerBits = fields.readUInt16LE(14);
  let bitDepth = containerBits;
  if (tag === 0xfffe) {
    if (fields.length < 40) throw new AudioRefused('malformed', 'The extensible fmt chunk of the WAVE file is too short.');
    bitDepth = fields.readUInt16LE(18) || containerBits;
    if (!fields.subarray(26, 40).equals(formatTagGuid)) throw unsupported('a codec of its own');
    tag = fields.readUInt16LE(24);
  }
  if (tag !== 1) throw unsupported(codecs[tag] ?? `codec 0x${tag.toString(16).padStart(4, '0')}`);
  if (bitDepth > containerBits)
    throw new AudioRefused('malformed', `The WAVE file claims ${bitDepth} bits in samples of ${containerBits}.`);
  checkFormat({ channels, sampleRate, bitDepth });
  if (blockAlign !== channels * Math.ceil(containerBits / 8))
    throw new AudioRefused('malformed', 'The fmt chunk of the WAVE file contradicts itself.');
  return { channels, sampleRate, bitDepth, blockAlign };
}

function settle(format: WavFormat, data: { bytes: number; declared: boolean }, fileEnd: number, size: number): ParsedAudio {
  const { blockAlign, ...audio } = format;
  const samples = Math.floor(data.bytes / blockAlign);
  if (samples === 0) throw new AudioRefused('no_audio', 'The file holds no audio.');
  const warnings = formatWarnings(audio);
  if (!data.declared) warnings.push('length_not_declared');
  else if (Math.abs(fileEnd - size) > 1) warnings.push('wrong_file_length'); // one byte off: the padding of the last chunk
  if (data.bytes % blockAlign !== 0) warnings.push('partial_last_sample');
  return { format: 'WAV', ...audio, samples, audioBytes: samples * blockAlign, warnings };
}

// Beyond 2^53 no file exists; the exact number no longer matters, only that it is more than there is.
function length64(bytes: Buffer, at: number): number {
  return Math.min(Number(bytes.readBigUInt64LE(at)), everything - 8);
}

const truncated = (how: string): AudioRefused => new AudioRefused('truncated', `The WAVE file is cut off: it ${how}.`);
const unsupported = (codec: string): AudioRefused =>
  new AudioRefused('unsupported_codec', `The WAVE file holds ${codec}; only integer PCM is accepted.`);

function missing(format: WavFormat | null, isCutOff: boolean): AudioRefused {
  if (isCutOff) return truncated('ends before its audio');
  return format
    ? new AudioRefused('no_audio', 'The WAVE file has no audio.')
    : new AudioRefused('malformed', 'The WAVE file does not say what its audio is.');
}
