import { AudioRefused } from './audio-facts';

/** STREAMINFO of a FLAC stream, RFC 9639 section 8.2. `samples` is 0 when the encoder did not know. */
export interface StreamInfo {
  minBlock: number;
  maxBlock: number;
  maxFrame: number;
  sampleRate: number;
  channels: number;
  bitDepth: number;
  samples: number;
}

export interface FrameHeader {
  variableBlocks: boolean;
  blockSize: number;
  /** Number of the frame, or of its first sample when blocks vary. */
  number: number;
  length: number;
}

/** The longest frame header: sync and fields 4, coded number 7, block size 2, sample rate 2, CRC 1. */
export const longestHeader = 16;

const crc8Table = Uint8Array.from({ length: 256 }, (_, byte) => crcOfByte(byte, 8, 0x07));
const crc16Table = Uint16Array.from({ length: 256 }, (_, byte) => crcOfByte(byte, 16, 0x8005));

function crcOfByte(byte: number, width: number, polynomial: number): number {
  let crc = byte << (width - 8);
  for (let bit = 0; bit < 8; bit++) crc = crc & (1 << (width - 1)) ? (crc << 1) ^ polynomial : crc << 1;
  return crc & ((1 << width) - 1);
}

/**
 * The frame header at `at` (RFC 9639 section 9.1), or null where none is: its CRC-8 must be right and it must agree with STREAMINFO.
 * Bytes beyond the end of `bytes` make it null too.
 */
export function readFrameHeader(bytes: Uint8Array, at: number, info: StreamInfo): FrameHeader | null {
  const [b1 = 0, b2 = 0, b3 = 0] = [bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  if (bytes[at] !== 0xff || (b1 & 0xfe) !== 0xf8 || (b3 & 1) !== 0) return null;
  const coded = readCodedNumber(bytes, at + 4);
  if (!coded) return null;
  let end = at + 4 + coded.length;

  const blockCode = b2 >> 4;
  let blockSize = blockCode === 1 ? 192 : blockCode >= 8 ? 256 << (blockCode - 8) : 576 << (blockCode - 2);
  if (blockCode === 0) return null;
  if (blockCode === 6) blockSize = (bytes[end++] ?? 0) + 1;
  if (blockCode === 7) blockSize = (bytes[end++] ?? 0) * 256 + (bytes[end++] ?? 0) + 1;
  const rateCode = b2 & 15;
  if (rateCode === 15) return null;
  end += rateCode === 12 ? 1 : rateCode === 13 || rateCode === 14 ? 2 : 0;

  const channelCode = b3 >> 4;
  if (channelCode > 10 || (channelCode < 8 ? channelCode + 1 : 2) !== info.channels) return null;
  const depth = [info.bitDepth, 8, 12, -1, 16, 20, 24, 32][(b3 >> 1) & 7];
  if (depth !== info.bitDepth || blockSize > info.maxBlock) return null;

  let crc = 0;
  for (let i = at; i < end; i++) crc = crc8Table[crc ^ (bytes[i] ?? 0)] ?? 0;
  if (end >= bytes.length || bytes[end] !== crc) return null;
  return { variableBlocks: (b1 & 1) === 1, blockSize, number: coded.value, length: end + 1 - at };
}

// A number of up to 36 bits, coded as UTF-8 codes characters.
function readCodedNumber(bytes: Uint8Array, at: number): { value: number; length: number } | null {
  const first = bytes[at] ?? 0xff;
  if (first < 0x80) return { value: first, length: 1 };
  const length = Math.clz32(~(first << 24));
  if (length < 2 || length > 7) return null;
  let value = length === 7 ? 0 : first & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return null;
    value = value * 64 + (next & 0x3f);
  }
  return { value, length };
}

/**
 * Walks the frames of a FLAC stream without decoding them. A frame ends where the CRC-16 over all of it comes out as 0 and the next
 * frame's header follows, with a right CRC-8 and the number that is due: so every byte is covered by a checksum, and every frame counted.
 */
export class FrameWalk {
  samples = 0;
  frames = 0;
  bytesAfterAudio = false;
  private carried = Buffer.alloc(0);
  private frame: FrameHeader | null = null;
  private crc = 0;
  private length = 0;
  private readonly longestFrame: number;

  constructor(private readonly info: StreamInfo) {
    const verbatim = Math.ceil((info.maxBlock * info.channels * (info.bitDepth + 1)) / 8) + info.channels * 16 + longestHeader + 2;
    this.longestFrame = Math.max(verbatim, info.maxFrame);
  }

  push(chunk: Buffer): void {
    const bytes = this.carried.length > 0 ? Buffer.concat([this.carried, chunk]) : chunk;
    const until = Math.max(0, bytes.length - longestHeader);
    this.walk(bytes, until);
    this.carried = Buffer.from(bytes.subarray(until));
  }

  /** Throws AudioRefused when the last frame is not whole, or the count is not what STREAMINFO declares. */
  end(): void {
    this.walk(this.carried, this.carried.length);
    const declared = this.info.samples;
    if (!this.bytesAfterAudio) {
      if (!this.frame && declared === 0) throw new AudioRefused('no_audio', 'The FLAC file holds no audio.');
      if (!this.frame || this.crc !== 0) throw this.broken();
      this.close(this.frame);
    }
    if (declared > 0 && this.samples < declared)
      throw new AudioRefused(
        'truncated',
        `The FLAC file is cut off: it holds ${this.samples} of the ${declared} samples that it declares.`,
      );
    if (declared > 0 && this.samples > declared) throw new AudioRefused('corrupt', 'The FLAC file holds more audio than it declares.');
  }

  private walk(bytes: Buffer, until: number): void {
    if (this.bytesAfterAudio) return;
    let { crc, length } = this;
    for (let at = 0; at < until; at++) {
      if (crc === 0 && (length === 0 || length > 6)) {
        const byte = bytes[at];
        const header = byte === 0xff ? readFrameHeader(bytes, at, this.info) : null;
        if (header && this.isDue(header)) {
          if (this.frame) this.close(this.frame);
          this.frame = header;
          length = 0;
        } else if (!this.frame) throw new AudioRefused('malformed', 'The FLAC file has no audio frame where its first should be.');
        else if (isTag(bytes, at)) {
          this.close(this.frame);
          this.bytesAfterAudio = true;
          return;
        }
      }
      crc = ((crc << 8) & 0xffff) ^ (crc16Table[(crc >> 8) ^ (bytes[at] ?? 0)] ?? 0);
      if (++length > this.longestFrame) throw this.broken();
    }
    this.crc = crc;
    this.length = length;
  }

  // The first frame may bear any number: a recording of a running stream does not begin with 0.
  private isDue(header: FrameHeader): boolean {
    const { frame } = this;
    if (!frame) return true;
    if (header.variableBlocks !== frame.variableBlocks) return false;
    return header.number === frame.number + (frame.variableBlocks ? frame.blockSize : 1);
  }

  private close(frame: FrameHeader): void {
    this.samples += frame.blockSize;
    this.frames++;
  }

  private broken(): AudioRefused {
    const where = `frame ${this.frames + 1}, ${(this.samples / this.info.sampleRate).toFixed(1)} seconds in`;
    return new AudioRefused('corrupt', `The FLAC file is damaged or cut off in ${where}.`);
  }
}

// Taggers append ID3v1, APEv2 and ID3v2 tags to files of any kind.
function isTag(bytes: Buffer, at: number): boolean {
  return ['TAG', 'APETAGEX', 'ID3'].some((tag) => bytes.toString('latin1', at, at + tag.length) === tag);
}
