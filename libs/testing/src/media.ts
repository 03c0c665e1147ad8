import { createHash } from 'node:crypto';
import type makeImage from 'sharp';
import type { Sharp } from 'sharp';

// Loaded when a picture is asked for: it costs every suite that wants none a quarter of a second.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const sharp = (svg: Buffer): Sharp => (require('sharp') as typeof makeImage)(svg);

export interface ToneOptions {
  seconds?: number;
  /** In Hz. */
  sampleRate?: number;
  bitDepth?: 16 | 24;
  channels?: number;
  /** Of the first channel's tone, in Hz; every further channel sounds a fifth above the one before. */
  frequency?: number;
}

/** A WAVE file with a real tone, by default 2 seconds of 24-bit, 44.1 kHz stereo. */
export function makeWav(options: ToneOptions = {}): Buffer {
  const { sampleRate, bitDepth, channels } = withDefaults(options);
  const data = pcm(tone(options), bitDepth);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE((sampleRate * channels * bitDepth) / 8, 28);
  head.writeUInt16LE((channels * bitDepth) / 8, 32);
  head.writeUInt16LE(bitDepth, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

/** A FLAC file with the same tone, its samples stored verbatim (RFC 9639 section 9.2.4): right in every checksum, not small. */
export function makeFlac(options: ToneOptions = {}): Buffer {
  const { sampleRate, bitDepth, channels } = withDefaults(options);
  const samples = tone(options);
  const total = samples.length / channels;
  const blockSize = 4096;
  const frames: Buffer[] = [];
  for (let first = 0; first < total; first += blockSize)
    frames.push(flacFrame(samples.subarray(first * channels, (first + blockSize) * channels), frames.length, channels, bitDepth));
  const lengths = frames.map((frame) => frame.length);
  const info = Buffer.alloc(38);
  info.writeUInt32BE(0x80000022, 0); // the last metadata block, STREAMINFO, of 34 bytes
  info.writeUInt16BE(blockSize, 4);
  info.writeUInt16BE(blockSize, 6);
  info.writeUIntBE(Math.min(...lengths), 8, 3);
  info.writeUIntBE(Math.max(...lengths), 11, 3);
  info.writeBigUInt64BE((BigInt(sampleRate) << 44n) | (BigInt(channels - 1) << 41n) | (BigInt(bitDepth - 1) << 36n) | BigInt(total), 14);
  createHash('md5').update(pcm(samples, bitDepth)).digest().copy(info, 22);
  return Buffer.concat([Buffer.from('fLaC'), info, ...frames]);
}

/** A square JPEG with a picture that does not compress to nothing, by default of 3000 pixels a side. */
export const makeJpegCover = (size = 3000): Promise<Buffer> =>
  sharp(coverSvg(size)).flatten({ background: '#101820' }).jpeg({ quality: 85 }).toBuffer();

/** The same picture as a PNG without transparency. */
export const makePngCover = (size = 3000): Promise<Buffer> =>
  sharp(coverSvg(size)).flatten({ background: '#101820' }).png({ compressionLevel: 6 }).toBuffer();

function coverSvg(size: number): Buffer {
  const rings = Array.from({ length: 24 }, (_, i) => {
    const hue = i * 15;
    return `<circle cx="${size / 2}" cy="${size / 2}" r="${((i + 1) * size) / 56}" fill="none" stroke="hsl(${hue},70%,60%)" stroke-width="${size / 160}"/>`;
  });
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}">${rings.join('')}</svg>`);
}

function withDefaults({
  seconds = 2,
  sampleRate = 44_100,
  bitDepth = 24,
  channels = 2,
  frequency = 440,
}: ToneOptions): Required<ToneOptions> {
  return { seconds, sampleRate, bitDepth, channels, frequency };
}

// Interleaved samples of a tone at half of full scale.
function tone(options: ToneOptions): Int32Array {
  const { seconds, sampleRate, bitDepth, channels, frequency } = withDefaults(options);
  const total = Math.round(seconds * sampleRate);
  const loudest = 2 ** (bitDepth - 2);
  return Int32Array.from({ length: total * channels }, (_, i) => {
    const pitch = frequency * 1.5 ** (i % channels);
    return Math.round(loudest * Math.sin((2 * Math.PI * pitch * Math.floor(i / channels)) / sampleRate));
  });
}

function pcm(samples: Int32Array, bitDepth: number): Buffer {
  const bytes = bitDepth / 8;
  const data = Buffer.alloc(samples.length * bytes);
  samples.forEach((sample, i) => data.writeIntLE(sample, i * bytes, bytes));
  return data;
}

function flacFrame(samples: Int32Array, number: number, channels: number, bitDepth: number): Buffer {
  const blockSize = samples.length / channels;
  const head = [
    0xff,
    0xf8,
    0x70,
    ((channels - 1) << 4) | ((bitDepth === 16 ? 4 : 6) << 1),
    ...codedNumber(number),
    (blockSize - 1) >> 8,
    (blockSize - 1) & 255,
  ];
  const subframes = Array.from({ length: channels }, (_, channel) => {
    const data = Buffer.alloc(1 + blockSize * (bitDepth / 8));
    data[0] = 0x02; // a verbatim subframe without wasted bits
    for (let i = 0; i < blockSize; i++) data.writeIntBE(samples[i * channels + channel] ?? 0, 1 + i * (bitDepth / 8), bitDepth / 8);
    return data;
  });
  const frame = Buffer.concat([Buffer.from([...head, crc(Buffer.from(head), 8, 0x07)]), ...subframes]);
  const footer = Buffer.alloc(2);
  footer.writeUInt16BE(crc(frame, 16, 0x8005));
  return Buffer.concat([frame, footer]);
}

// A frame number as UTF-8 would code it as a character; enough for 2^16 frames, over an hour of music.
function codedNumber(number: number): number[] {
  if (number < 0x80) return [number];
  if (number < 0x800) return [0xc0 | (number >> 6), 0x80 | (number & 63)];
  return [0xe0 | (number >> 12), 0x80 | ((number >> 6) & 63), 0x80 | (number & 63)];
}

function crc(bytes: Buffer, width: number, polynomial: number): number {
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) value = value & (1 << (width - 1)) ? (value << 1) ^ polynomial : value << 1;
  }
  return value & ((1 << width) - 1);
}
