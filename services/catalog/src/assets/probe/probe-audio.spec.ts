import { makeFlac, makeWav } from '@tonegrid/testing';
import fc from 'fast-check';
import { chunk, extensible, fmt, inPieces, probe, refusal, riff, second, verify } from './audio-fixtures';
import { AudioRefused } from './audio-facts';
import { AudioProbe, probeAudio, verifyAudio } from './probe-audio';

describe('probing audio', () => {
  it.each<[string, Buffer]>([
    ['MP3', Buffer.concat([Buffer.from('fffb9064', 'hex'), Buffer.alloc(400)])],
    [
      'MP3',
      Buffer.concat([
        Buffer.from('ID3\x03\x00\x00\x00\x00\x00\x04', 'latin1'),
        Buffer.alloc(4),
        Buffer.from('fffb9064', 'hex'),
        Buffer.alloc(400),
      ]),
    ],
    ['AAC', Buffer.concat([Buffer.from('fff15080', 'hex'), Buffer.alloc(400)])],
    ['Ogg', Buffer.concat([Buffer.from('OggS'), Buffer.alloc(400)])],
    ['AIFF', Buffer.concat([Buffer.from('FORM\0\0\x10\0AIFF'), Buffer.alloc(400)])],
    ['MP4 or M4A', Buffer.concat([Buffer.from('\0\0\0\x20ftypM4A '), Buffer.alloc(400)])],
    ['a ZIP archive', Buffer.from('PK\x03\x04 and so on and on')],
    ['something else', Buffer.from('hello')],
    ['something else', Buffer.from('R')],
  ])('names %s by its content', async (name, bytes) => {
    expect(await refusal(probe(bytes))).toBe(`not_wav_or_flac: The file is ${name}, not WAV or FLAC.`);
  });

  it('refuses an empty file', async () => {
    expect(await refusal(probe(Buffer.alloc(0)))).toBe('empty: The file is empty.');
  });

  it('finds the same in whatever pieces a file comes', async () => {
    const files = [
      makeWav({ seconds: 0.05 }),
      makeFlac({ seconds: 0.3, bitDepth: 16 }),
      riff(chunk('LIST', Buffer.alloc(33)), chunk('data', second.subarray(0, 600)), fmt()),
    ];
    const whole = await Promise.all(files.map(verify));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 }),
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 }),
        async (which, sizes) => {
          expect(await verifyAudio(inPieces(files[which]!, ...sizes))).toEqual(whole[which]);
        },
      ),
      { numRuns: 60 },
    );
    for (const [i, file] of files.entries()) expect(await verifyAudio(inPieces(file, 1))).toEqual(whole[i]);
  });

  it('either accepts or refuses, whatever the bytes of the headers are', async () => {
    const seeds = [
      makeWav({ seconds: 0.001 }),
      makeFlac({ seconds: 0.001, bitDepth: 16 }),
      riff(extensible(), chunk('data', Buffer.alloc(60))),
    ];
    const change = fc.record({ at: fc.integer({ min: 0, max: 120 }), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 }),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (which, changes, walkFrames) => {
          const bytes = Buffer.from(seeds[which]!);
          for (const { at, bytes: put } of changes) bytes.set(put.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
          expect(await refusal(probeAudio(inPieces(bytes, 17), { walkFrames }))).toMatch(/^(accepted|\w+): /);
        },
      ),
      { numRuns: 2000 },
    );
    const magic = fc.constantFrom('', 'RIFF', 'RF64', 'fLaC', 'ID3');
    await fc.assert(
      fc.asyncProperty(magic, fc.uint8Array({ maxLength: 300 }), async (start, noise) => {
        expect(await refusal(verify(Buffer.concat([Buffer.from(start), noise])))).toMatch(/^(accepted|\w+): /);
      }),
      { numRuns: 1000 },
    );
  });

  it('hands on every byte as it passes, and fails instead of ending when the file is not whole', async () => {
    const bytes = makeWav({ seconds: 0.5 });
    const through = new AudioProbe();
    const passed: Uint8Array[] = [];
    for await (const piece of through.through(inPieces(bytes))) passed.push(piece);
    expect(Buffer.concat(passed).equals(bytes)).toBe(true);
    expect(through.finish()).toBe(through.finish());

    const cut = new AudioProbe();
    const taken = async () => {
      for await (const _ of cut.through(inPieces(bytes.subarray(0, -1)))) continue;
    };
    await expect(taken()).rejects.toThrow('cut off');
  });

  it('refuses at the first bytes, without reading a long upload to its end', async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read++;
        yield Buffer.from('this is a text that goes on and on');
      }
    }
    await expect(probeAudio(endless())).rejects.toThrow(AudioRefused);
    expect(read).toBeLessThan(3);
  });

  it('keeps next to nothing of a long file in memory', async () => {
    const length = 512 * 1024 * 1024;
    const piece = Buffer.alloc(64 * 1024);
    const head = riff(fmt(), chunk('data', Buffer.alloc(0), length));
    head.writeUInt32LE(length + 36, 4);
    async function* long() {
      yield head;
      for (let sent = 0; sent < length; sent += piece.length) yield piece;
    }
    const before = process.memoryUsage();
    expect(await probeAudio(long())).toMatchObject({ samples: Math.floor(length / 6) });
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(4 * 1024 * 1024);
  });
});
