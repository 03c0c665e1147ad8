import { AudioRefused, checkFormat, formatWarnings } from './audio-facts';
import { everything, type Parsing, type Position } from './byte-feed';
import { FrameWalk, longestHeader, readFrameHeader, type StreamInfo } from './flac-frames';
import type { ParsedAudio } from './parse-wav';

const mostBlocks = 1000;

/**
 * Reads a FLAC file (RFC 9639) from behind its first four bytes. The length is what STREAMINFO declares; with `walkFrames`, or when it
 * declares none, every frame is checked and counted.
 */
export function* parseFlac(walkFrames: boolean, position: Position): Parsing<ParsedAudio> {
  const info = yield* readMetadata(position);
  const { sampleRate, channels, bitDepth } = info;
  const audio = { sampleRate, channels, bitDepth };
  checkFormat(audio);
  const warnings = formatWarnings(audio);
  const start = position.at;
  const counted = walkFrames || info.samples === 0 ? yield* walk(info) : yield* look(info);
  if (info.samples === 0) warnings.push('length_not_declared');
  if (counted?.bytesAfterAudio) warnings.push('bytes_after_audio');
  return { format: 'FLAC', ...audio, samples: counted?.samples ?? info.samples, audioBytes: position.at - start, warnings };
}

function* readMetadata(position: Position): Parsing<StreamInfo> {
  let info: StreamInfo | null = null;
  for (let blocks = 0; blocks < mostBlocks; blocks++) {
    const header = yield { take: 4 };
    if (header.length < 4) throw truncated();
    const type = header.readUInt8(0) & 0x7f;
    const size = header.readUIntBE(1, 3);
    if (type === 127 || (blocks === 0) !== (type === 0))
      throw new AudioRefused('malformed', 'The FLAC file does not begin with its STREAMINFO.');
    const start = position.at;
    if (type === 0) {
      const fields = yield { take: 34 };
      if (size !== 34) throw new AudioRefused('malformed', 'The STREAMINFO of the FLAC file has a wrong length.');
      if (fields.length < 34) throw truncated();
      info = readStreamInfo(fields);
    } else yield { skip: size };
    if (position.at - start < size) throw truncated();
    if (header.readUInt8(0) & 0x80) {
      if (info) return info;
      break;
    }
  }
  throw new AudioRefused('malformed', 'The FLAC file has too many metadata blocks.');
}

function readStreamInfo(fields: Buffer): StreamInfo {
  const packed = fields.readBigUInt64BE(10);
  const info = {
    minBlock: fields.readUInt16BE(0),
    maxBlock: fields.readUInt16BE(2),
    maxFrame: fields.readUIntBE(7, 3),
    sampleRate: Number(packed >> 44n),
    channels: Number((packed >> 41n) & 7n) + 1,
    bitDepth: Number((packed >> 36n) & 31n) + 1,
    samples: Number(packed & 0xfffffffffn),
  };
  if (info.minBlock < 16 || info.maxBlock < info.minBlock)
    throw new AudioRefused('malformed', 'The STREAMINFO of the FLAC file contradicts itself.');
  return info;
}

// Only that audio begins where it should; whether it is whole is for the full pass.
function* look(info: StreamInfo): Parsing<null> {
  const first = yield { take: longestHeader };
  if (first.length === 0) throw truncated();
  // padded, so that a header at the very end of a tiny file is not taken for one that is cut off
  if (!readFrameHeader(Buffer.concat([first, Buffer.alloc(1)]), 0, info))
    throw new AudioRefused('malformed', 'The FLAC file has no audio frame where its first should be.');
  yield { skip: everything };
  return null;
}

function* walk(info: StreamInfo): Parsing<FrameWalk> {
  const frames = new FrameWalk(info);
  for (let chunk = yield { rest: true }; chunk.length > 0; chunk = yield { rest: true }) frames.push(chunk);
  frames.end();
  return frames;
}

const truncated = (): AudioRefused => new AudioRefused('truncated', 'The FLAC file is cut off: it ends before its audio.');
