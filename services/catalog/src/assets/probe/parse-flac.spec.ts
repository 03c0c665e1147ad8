import { makeFlac } from '@tonegrid/testing';
import fc from 'fast-check';
import { probe, refusal, verify } from './audio-fixtures';

describe('probing FLAC', () => {
  const flac = makeFlac({ seconds: 1, sampleRate: 48_000, bitDepth: 24 });

  it('reads what the file holds', async () => {
    const facts = {
      format: 'FLAC',
      codec: 'FLAC',
      sample_rate: 48_000,
      bit_depth: 24,
      channels: 2,
      samples: 48_000,
      duration_ms: 1000,
      size: flac.length,
      warnings: [],
    };
    expect(await probe(flac)).toMatchObject(facts);
    expect(await verify(flac)).toEqual(await probe(flac));
    expect((await probe(flac)).bit_rate).toBe((flac.length - 42) * 8);
  });

  it('reads through tags before and behind the stream', async () => {
    const id3 = Buffer.concat([Buffer.from('ID3\x04\x00\x00\x00\x00\x02\x00', 'latin1'), Buffer.alloc(256, 0x41)]);
    const id3v1 = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125, 0x20)]);
    expect(await verify(Buffer.concat([id3, id3, flac, id3v1]))).toMatchObject({ samples: 48_000, warnings: ['bytes_after_audio'] });
    expect(await probe(Buffer.concat([id3, flac]))).toMatchObject({ samples: 48_000, warnings: [] });
  });

  it('counts the frames when the encoder did not know the length', async () => {
    const unknown = Buffer.from(flac);
    unknown.writeUInt8(unknown.readUInt8(21) & 0xf0, 21);
    unknown.fill(0, 22, 26);
    expect(await probe(unknown)).toMatchObject({ samples: 48_000, duration_ms: 1000, warnings: ['length_not_declared'] });
    expect(await refusal(probe(unknown.subarray(0, -1)))).toMatch(/^corrupt/);
  });

  it('refuses, on the full pass, every cut', async () => {
    const short = makeFlac({ seconds: 0.2, bitDepth: 16, channels: 1 });
    for (let length = 4; length < short.length; length += length < 70 || length > short.length - 70 ? 1 : 97)
      expect(await refusal(verify(short.subarray(0, length)))).toMatch(/^(truncated|corrupt|malformed)/);
  });

  it('refuses, on the full pass, any changed bit behind the metadata', async () => {
    const short = makeFlac({ seconds: 0.2, bitDepth: 16, channels: 1 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 42, max: short.length - 1 }), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
        const changed = Buffer.from(short);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(await refusal(verify(changed))).toMatch(/^(corrupt|malformed|truncated)/);
      }),
    );
  });

  it('says where the damage is, and misses no frame', async () => {
    const damaged = Buffer.from(flac);
    damaged.fill(0, flac.length / 2, flac.length / 2 + 10);
    expect(await refusal(verify(damaged))).toBe('corrupt: The FLAC file is damaged or cut off in frame 6, 0.4 seconds in.');
    const frame = 2 * (1 + 4096 * 3) + 10; // header and footer
    const gap = Buffer.concat([flac.subarray(0, 42 + frame), flac.subarray(42 + 2 * frame)]);
    expect(await refusal(verify(gap))).toMatch(/^corrupt/);
    expect(await refusal(verify(flac.subarray(0, 42 + 3 * frame)))).toBe(
      'truncated: The FLAC file is cut off: it holds 12288 of the 48000 samples that it declares.',
    );
  });

  it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    [
      '8 bits',
      (bytes) => (bytes.writeUInt8((bytes.readUInt8(20) & 0xfe) | 0, 20), bytes.writeUInt8(0x70, 21), bytes),
      /^unsupported_bit_depth/,
    ],
    ['no STREAMINFO', (bytes) => (bytes.writeUInt8(0x84, 4), bytes), /^malformed/],
    ['a STREAMINFO of another length', (bytes) => (bytes.writeUIntBE(35, 5, 3), bytes), /^malformed/],
    ['no frame behind the metadata', (bytes) => bytes.fill(0, 42, 60), /^malformed/],
    ['nothing behind the metadata', (bytes) => bytes.subarray(0, 42), /^truncated/],
    [
      'metadata without end',
      (bytes) => Buffer.concat([(bytes.writeUInt8(0, 4), bytes.subarray(0, 42)), Buffer.alloc(8000, Buffer.from([1, 0, 0, 0]))]),
      /^malformed/,
    ],
  ])('refuses %s', async (_, change, expected) => {
    expect(await refusal(probe(change(Buffer.from(flac))))).toMatch(expected);
  });
});
