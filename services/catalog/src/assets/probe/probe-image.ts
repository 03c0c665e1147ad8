import { createHash } from 'node:crypto';
import sharp from 'sharp';

/** What the bytes of a cover say about it. */
export interface ImageFacts {
  codec: 'JPEG' | 'PNG';
  /** In pixels. */
  width: number;
  height: number;
  /** Of the file, lower-case hex. */
  md5: string;
  /** Of the file, in bytes. */
  size: number;
  warnings: ImageWarning[];
}

export type ImageWarning =
  /** Fewer than 3000 pixels a side: some DSPs will not show it. */
  'below_3000_pixels' | 'transparency' | 'greyscale';

export type ImageRefusal =
  'empty' | 'too_many_bytes' | 'not_jpeg_or_png' | 'broken' | 'animated' | 'cmyk' | 'not_square' | 'too_small' | 'too_large';

/** The file is not an image that can be a cover. The message can be shown to whoever uploaded it. */
export class ImageRefused extends Error {
  override readonly name = 'ImageRefused';
  constructor(
    readonly reason: ImageRefusal,
    message: string,
  ) {
    super(message);
  }
}

const leastPixels = 1400;
const goodPixels = 3000;
const mostPixels = 12_000;
const mostBytes = 50 * 1024 * 1024;

/**
 * Decides from its bytes whether a file can be a cover: JPEG or PNG, RGB, square, at least 1400 pixels a side (warning below 3000),
 * and whole: all of it is decoded. A claim of more pixels than 12,000 a side is refused before any is. Rejects with ImageRefused.
 */
export async function probeImage(input: Uint8Array | AsyncIterable<Uint8Array>): Promise<ImageFacts> {
  const bytes = input instanceof Uint8Array ? Buffer.from(input.buffer, input.byteOffset, input.byteLength) : await collect(input);
  if (bytes.length === 0) throw new ImageRefused('empty', 'The file is empty.');
  if (bytes.length > mostBytes) throw tooManyBytes();
  const codec = codecOf(bytes);
  if (!codec) throw new ImageRefused('not_jpeg_or_png', 'The artwork must be a JPEG or PNG image.');
  if (codec === 'PNG' && isAnimated(bytes)) throw new ImageRefused('animated', 'The artwork is animated; upload a still image.');

  // 'error' refuses what is cut off or damaged, and lets pass what libjpeg merely remarks on in many sound files.
  const image = sharp(bytes, { limitInputPixels: mostPixels * mostPixels, failOn: 'error', sequentialRead: true });
  const found = await image.metadata().catch((error: unknown) => {
    throw /pixel limit/i.test(String(error)) ? tooLarge() : broken();
  });
  const { width, height, space, hasAlpha } = found;
  if (found.format !== codec.toLowerCase()) throw broken();
  if (space === 'cmyk') throw new ImageRefused('cmyk', 'The artwork is CMYK, made for print; upload it in RGB.');
  if (width !== height) throw new ImageRefused('not_square', `The artwork must be square; it is ${width} x ${height} pixels.`);
  if (width < leastPixels)
    throw new ImageRefused('too_small', `The artwork must be at least ${goodPixels} x ${goodPixels} pixels; it is ${width} x ${height}.`);
  if (width > mostPixels) throw tooLarge();
  // Scaled down while it is decoded: every byte is read, and the pixels need little memory.
  await image
    .resize(16, 16, { kernel: 'nearest' })
    .raw()
    .toBuffer()
    .catch(() => {
      throw broken();
    });

  const warnings: ImageWarning[] = [];
  if (width < goodPixels) warnings.push('below_3000_pixels');
  if (hasAlpha) warnings.push('transparency');
  if (space === 'b-w' || space === 'grey16') warnings.push('greyscale');
  return { codec, width, height, md5: createHash('md5').update(bytes).digest('hex'), size: bytes.length, warnings };
}

function codecOf(bytes: Buffer): ImageFacts['codec'] | null {
  if (bytes.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))) return 'JPEG';
  return bytes.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex')) ? 'PNG' : null;
}

// An animated PNG has an acTL chunk before its first IDAT; decoders that do not know it show the first picture only.
function isAnimated(bytes: Buffer): boolean {
  for (let at = 8; at + 8 <= bytes.length; at += bytes.readUInt32BE(at) + 12) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'acTL') return true;
    if (type === 'IDAT') return false;
  }
  return false;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.byteLength;
    if (length > mostBytes) throw tooManyBytes();
    held.push(chunk);
  }
  return Buffer.concat(held);
}

const tooManyBytes = (): ImageRefused => new ImageRefused('too_many_bytes', `The artwork must be at most ${mostBytes / 1024 / 1024} MB.`);
const tooLarge = (): ImageRefused => new ImageRefused('too_large', `The artwork must be at most ${mostPixels} x ${mostPixels} pixels.`);
const broken = (): ImageRefused => new ImageRefused('broken', 'The artwork is damaged: it cannot be decoded to its end.');
