import { createHash } from 'node:crypto';
import { makeWav } from '@tonegrid/testing';
import { chunk, data, extensible, fmt, probe, refusal, riff, second, u32, u64, u16 } from './audio-fixtures';

describe('probing WAV', () => {
  it('reads what the file holds', async () => {
    const bytes = makeWav({ seconds: 1.5, sampleRate: 96_000, bitDepth: 24, channels: 2 });
    expect(await probe(bytes)).toEqual({
      format: 'WAV',
      codec: 'PCM',
      sample_rate: 96_000,
      bit_depth: 24,
      channels: 2,
      samples: 144_000,
      duration_ms: 1500,
      bit_rate: 4_608_000,
      md5: createHash('md5').update(bytes).digest('hex'),
      size: bytes.length,
      warnings: [],
    });
  });

  it('warns of what some DSPs do not like', async () => {
    expect((await probe(makeWav({ bitDepth: 16, channels: 1, sampleRate: 22_050 }))).warnings).toEqual([
      'bit_depth_below_24',
      'sample_rate_below_44100',
      'mono',
    ]);
  });

  it('rounds a duration to the nearest millisecond', async () => {
    const samples = async (count: number) => (await probe(riff(fmt(), chunk('data', Buffer.alloc(count * 6))))).duration_ms;
    expect([await samples(1), await samples(66), await samples(67), await samples(44_099)]).toEqual([0, 1, 2, 1000]);
  });

  it.each<[string, Buffer]>([
    [
      'chunks before, between and behind, some of odd length',
      riff(chunk('JUNK', Buffer.alloc(3)), fmt(), chunk('LIST', Buffer.from('INFOx')), data, chunk('id3 ', Buffer.alloc(7))),
    ],
    ['the audio before its format', riff(data, fmt())],
    ['a format chunk of 18 bytes', riff(chunk('fmt ', Buffer.concat([fmt().subarray(8), u16(0)])), data)],
  ])('takes %s', async (_, bytes) => {
    expect(await probe(bytes)).toMatchObject({ samples: 44_100, duration_ms: 1000, bit_depth: 24, warnings: [] });
  });

  it('reads WAVE_FORMAT_EXTENSIBLE, also with fewer bits than their container holds', async () => {
    expect(await probe(riff(extensible(), data))).toMatchObject({ bit_depth: 24, sample_rate: 48_000, samples: 44_100 });
    expect(await probe(riff(extensible({ bits: 32, valid: 24 }), chunk('data', Buffer.alloc(8000))))).toMatchObject({
      bit_depth: 24,
      samples: 1000,
      bit_rate: 48_000 * 64,
    });
  });

  it.each(['RF64', 'BW64'])('reads %s, whose lengths have 64 bits', async (magic) => {
    const file = (dataSize: bigint) => {
      const body = Buffer.concat([
        chunk('ds64', Buffer.concat([u64(0n), u64(dataSize), u64(0n), u32(0)])),
        fmt(),
        chunk('data', second, 0xffffffff),
      ]);
      body.writeBigUInt64LE(BigInt(body.length + 4), 8);
      return Buffer.concat([Buffer.from(magic), u32(0xffffffff), Buffer.from('WAVE'), body]);
    };
    expect(await probe(file(BigInt(second.length)))).toMatchObject({ samples: 44_100, warnings: [] });
    expect(await refusal(probe(file(BigInt(second.length) + 1n)))).toMatch(/^truncated/);
    expect(await refusal(probe(file(2n ** 64n - 1n)))).toMatch(/^truncated/);
    expect(await probe(file(0n))).toMatchObject({ samples: 44_100, warnings: ['length_not_declared'] });
    const without = Buffer.concat([Buffer.from(magic), u32(0xffffffff), Buffer.from('WAVE'), fmt(), chunk('data', second, 0xffffffff)]);
    expect(await refusal(probe(without))).toMatch(/^malformed: .*no ds64/);
  });

  it.each([0, 0xffffffff])('counts the audio of a writer that streamed and left its length at %d', async (size) => {
    const bytes = riff(fmt(), chunk('data', second, size));
    bytes.writeUInt32LE(size === 0 ? 36 : size, 4);
    expect(await probe(bytes)).toMatchObject({ samples: 44_100, warnings: ['length_not_declared'] });
  });

  it('tells an empty data chunk from one of unknown length', async () => {
    expect(await refusal(probe(riff(fmt(), chunk('data', Buffer.alloc(0)), chunk('LIST', Buffer.alloc(600)))))).toBe(
      'no_audio: The file holds no audio.',
    );
    expect(await refusal(probe(riff(fmt(), chunk('data', Buffer.alloc(0)))))).toMatch(/^no_audio/);
    expect(await refusal(probe(riff(fmt())))).toMatch(/^no_audio/);
  });

  it('takes complete audio in a file that is wrong about the rest, with a warning', async () => {
    expect(await probe(Buffer.concat([riff(fmt(), data), Buffer.from('what follows is no chunk')]))).toMatchObject({
      samples: 44_100,
      warnings: ['wrong_file_length'],
    });
    expect(await probe(riff(fmt(), data, chunk('LIST', Buffer.alloc(100))).subarray(0, -50))).toMatchObject({
      samples: 44_100,
      warnings: ['wrong_file_length'],
    });
    expect(await probe(riff(fmt(), chunk('data', second.subarray(0, 6 * 1000 + 2))))).toMatchObject({
      samples: 1000,
      warnings: ['partial_last_sample'],
    });
    const unpadded = riff(fmt({ channels: 1 }), chunk('data', Buffer.alloc(303))).subarray(0, -1);
    expect(await probe(unpadded)).toMatchObject({ samples: 101, warnings: ['mono'] });
  });

  it.each<[string, Buffer, string]>([
    [
      '32-bit float',
      riff(fmt({ tag: 3, bits: 32 }), data),
      'unsupported_codec: The WAVE file holds IEEE float; only integer PCM is accepted.',
    ],
    [
      'float in an extensible header',
      riff(extensible({ bits: 32, subformat: 3 }), data),
      'unsupported_codec: The WAVE file holds IEEE float',
    ],
    ['ADPCM', riff(fmt({ tag: 0x11, bits: 4, align: 1024 }), data), 'unsupported_codec: The WAVE file holds IMA ADPCM'],
    ['MP3 in WAVE', riff(fmt({ tag: 0x55, bits: 0, align: 1 }), data), 'unsupported_codec: The WAVE file holds MP3'],
    ['an unknown codec', riff(fmt({ tag: 0x1234 }), data), 'unsupported_codec: The WAVE file holds codec 0x1234'],
    ['a codec with a GUID of its own', riff(extensible({ guid: '000000001000800000aa00389b72' }), data), 'unsupported_codec'],
    ['wavl lists', riff(fmt(), chunk('LIST', Buffer.from('wavl0000'))), 'unsupported_codec: WAVE files in several pieces'],
    ['8 bits', riff(fmt({ bits: 8 }), data), 'unsupported_bit_depth: 8-bit audio is not accepted; 16, 24 or 32 bit is.'],
    ['64 bits', riff(fmt({ bits: 64 }), data), 'unsupported_bit_depth'],
    ['no channels', riff(fmt({ channels: 0 }), data), 'malformed'],
    ['a rate of 0', riff(fmt({ rate: 0 }), data), 'malformed'],
    ['a block size that contradicts', riff(fmt({ align: 5 }), data), 'malformed'],
    ['more valid bits than there are', riff(extensible({ bits: 24, valid: 32 }), data), 'malformed'],
    ['no format', riff(data), 'malformed: The WAVE file does not say what its audio is.'],
    ['a short format', riff(chunk('fmt ', Buffer.alloc(14)), data), 'malformed'],
    ['two data chunks before the format', riff(data, data, fmt()), 'malformed'],
    ['bytes that are no chunk', riff(fmt(), Buffer.alloc(64, 1)), 'malformed'],
    ['RIFF of another kind', Buffer.concat([Buffer.from('RIFF'), u32(100), Buffer.from('AVI '), Buffer.alloc(96)]), 'not_wav_or_flac'],
    ['a chunk of 4 GB that is not there', riff(fmt(), chunk('JUNK', Buffer.alloc(4), 0xfffffff0), data), 'truncated'],
    [
      'chunks without end',
      riff(...Array.from({ length: 5000 }, () => chunk('JUNK', Buffer.alloc(0)))),
      'malformed: The WAVE file has too many chunks before its audio.',
    ],
  ])('refuses %s', async (_, bytes, expected) => {
    expect(await refusal(probe(bytes))).toMatch(new RegExp(`^${expected.replace(/[().]/g, '\\$&')}`));
  });

  it('refuses every beginning of a file as cut off', async () => {
    const bytes = makeWav({ seconds: 0.01 });
    for (let length = 4; length < bytes.length; length++) expect(await refusal(probe(bytes.subarray(0, length)))).toMatch(/^truncated/);
  });
});
