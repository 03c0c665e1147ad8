/** What the bytes of an audio file say about it. */
export interface AudioFacts {
  format: 'WAV' | 'FLAC';
  codec: 'PCM' | 'FLAC';
  /** In Hz. */
  sample_rate: number;
  /** Significant bits of a sample. */
  bit_depth: number;
  channels: number;
  /** Samples of one channel. */
  samples: number;
  /** `samples / sample_rate`, to the nearest millisecond. */
  duration_ms: number;
  /** In bit/s: of the PCM data for WAV, of the whole file on average for FLAC. */
  bit_rate: number;
  /** Of the whole file, lower-case hex. */
  md5: string;
  /** Of the whole file, in bytes. */
  size: number;
  warnings: AudioWarning[];
}

/** What is odd but can be delivered. */
export type AudioWarning =
  | 'bit_depth_below_24'
  | 'sample_rate_below_44100'
  | 'mono'
  /** The file says how long it is, and is not; the audio itself is complete. */
  | 'wrong_file_length'
  /** The header leaves open how much audio follows; it was counted. */
  | 'length_not_declared'
  /** The audio ends within a sample, which is left out of the count. */
  | 'partial_last_sample'
  | 'bytes_after_audio';

export type AudioRefusal =
  'empty' | 'not_wav_or_flac' | 'malformed' | 'truncated' | 'unsupported_codec' | 'unsupported_bit_depth' | 'no_audio' | 'corrupt';

/** The file is not audio that can be taken. The message can be shown to whoever uploaded it. */
export class AudioRefused extends Error {
  override readonly name = 'AudioRefused';
  constructor(
    readonly reason: AudioRefusal,
    message: string,
  ) {
    super(message);
  }
}

/** What a container's header tells about its audio, before lengths are settled. */
export interface AudioFormat {
  sampleRate: number;
  bitDepth: number;
  channels: number;
}

/** Refuses what no DSP takes: fewer than 16 bits, absurd rates or channel counts. */
export function checkFormat({ sampleRate, bitDepth, channels }: AudioFormat): void {
  if (channels < 1 || channels > 64) throw new AudioRefused('malformed', `The file claims ${channels} channels.`);
  if (sampleRate < 8_000 || sampleRate > 768_000) throw new AudioRefused('malformed', `The file claims a sample rate of ${sampleRate} Hz.`);
  if (bitDepth < 16 || bitDepth > 32)
    throw new AudioRefused('unsupported_bit_depth', `${bitDepth}-bit audio is not accepted; 16, 24 or 32 bit is.`);
}

export function formatWarnings({ sampleRate, bitDepth, channels }: AudioFormat): AudioWarning[] {
  const warnings: AudioWarning[] = [];
  if (bitDepth < 24) warnings.push('bit_depth_below_24');
  if (sampleRate < 44_100) warnings.push('sample_rate_below_44100');
  if (channels === 1) warnings.push('mono');
  return warnings;
}
