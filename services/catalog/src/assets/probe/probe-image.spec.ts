import { createHash } from 'node:crypto';
import { makeJpegCover, makePngCover } from '@tonegrid/testing';
import fc from 'fast-check';
import sharp from 'sharp';
import { ImageRefused, probeImage } from './probe-image';

const plain = (width: number, height = width) => sharp({ create: { width, height, channels: 3, background: '#336699' } });
const refusal = async (input: Parameters<typeof probeImage>[0]): Promise<string> => {
  try {
    return `accepted: ${JSON.stringify(await probeImage(input))}`;
  } catch (error) {
    if (error instanceof ImageRefused) return `${error.reason}: ${error.message}`;
    throw error;
  }
};
const pngChunk = (type: string, body: Buffer) => {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type), body, Buffer.alloc(4)]);
  chunk.writeUInt32BE(body.length, 0);
  return chunk;
};

describe('probing a cover', () => {
  let cover: Buffer;
  beforeAll(async () => (cover = await makeJpegCover(3000)));

  it('reads a JPEG of 3000 pixels', async () => {
    const md5 = createHash('md5').update(cover).digest('hex');
    expect(await probeImage(cover)).toEqual({ codec: 'JPEG', width: 3000, height: 3000, md5, size: cover.length, warnings: [] });
  });

  it('reads a stream', async () => {
    async function* pieces() {
      for (let at = 0; at < cover.length; at += 10_000) yield cover.subarray(at, at + 10_000);
    }
    expect(await probeImage(pieces())).toEqual(await probeImage(cover));
  });

  it('reads a PNG', async () => {
    expect(await probeImage(await makePngCover(3000))).toMatchObject({ codec: 'PNG', width: 3000, warnings: [] });
  });

  it('warns of a side below 3000 pixels, of transparency and of grey', async () => {
    expect((await probeImage(await makeJpegCover(2999))).warnings).toEqual(['below_3000_pixels']);
    expect((await probeImage(await makeJpegCover(1400))).warnings).toEqual(['below_3000_pixels']);
    expect((await probeImage(await plain(3000).ensureAlpha(0.5).png().toBuffer())).warnings).toEqual(['transparency']);
    expect((await probeImage(await plain(3000).toColourspace('b-w').jpeg().toBuffer())).warnings).toEqual(['greyscale']);
  });

  it.each<[string, () => Promise<Buffer>, string]>([
    ['less than 1400 pixels', () => makeJpegCover(1399), 'too_small: The artwork must be at least 3000 x 3000 pixels; it is 1399 x 1399.'],
    ['what is not square', () => plain(3000, 2999).jpeg().toBuffer(), 'not_square: The artwork must be square; it is 3000 x 2999 pixels.'],
    ['CMYK', () => plain(3000).toColourspace('cmyk').jpeg().toBuffer(), 'cmyk: '],
    ['an empty file', async () => Buffer.alloc(0), 'empty: '],
    ['WebP', () => plain(3000).webp().toBuffer(), 'not_jpeg_or_png: '],
    ['GIF', () => plain(1500).gif().toBuffer(), 'not_jpeg_or_png: '],
    ['SVG', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="3000" height="3000"/>'), 'not_jpeg_or_png: '],
    [
      'text behind a JPEG signature',
      async () => Buffer.concat([Buffer.from('ffd8ff', 'hex'), Buffer.from('nothing of the kind')]),
      'broken: ',
    ],
    ['a JPEG that is cut off', async () => cover.subarray(0, cover.length * 0.7), 'broken: '],
    ['a PNG that is cut off', async () => (await makePngCover(3000)).subarray(0, 200_000), 'broken: '],
  ])('refuses %s', async (_, make, expected) => {
    expect((await refusal(await make())).slice(0, expected.length)).toBe(expected);
  });

  it('refuses an animated PNG', async () => {
    const png = await plain(3000).png().toBuffer();
    const animated = Buffer.concat([png.subarray(0, 33), pngChunk('acTL', Buffer.alloc(8)), png.subarray(33)]);
    expect(await refusal(animated)).toMatch(/^animated/);
  });

  it('refuses a claim of billions of pixels before it decodes any', async () => {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(100_000, 0);
    header.writeUInt32BE(100_000, 4);
    header.set([8, 2, 0, 0, 0], 8);
    const bomb = await plain(1).png().toBuffer();
    bomb.set(header, 16);
    const begun = performance.now();
    expect(await refusal(bomb)).toMatch(/^(too_large|broken)/);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('refuses more than 50 MB without taking in the rest', async () => {
    let sent = 0;
    async function* endless() {
      for (;;) {
        sent++;
        yield Buffer.alloc(1024 * 1024);
      }
    }
    expect(await refusal(endless())).toBe('too_many_bytes: The artwork must be at most 50 MB.');
    expect(sent).toBe(51);
  });

  it('either accepts or refuses, whatever the bytes are', async () => {
    const small = await plain(20).png().toBuffer();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('ffd8ff', '89504e470d0a1a0a', ''), fc.uint8Array({ maxLength: 200 }), async (start, noise) => {
        expect(await refusal(Buffer.concat([Buffer.from(start, 'hex'), noise]))).not.toMatch(/^accepted/);
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(small.length - 1), fc.nat(255), async (at, value) => {
        const changed = Buffer.from(small);
        changed[at] = value;
        expect(await refusal(changed)).not.toMatch(/^accepted/);
      }),
    );
  });
});
