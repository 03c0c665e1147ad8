import { AudioRefused, type AudioFacts } from './audio-facts';
import { probeAudio, verifyAudio } from './probe-audio';

// Files made byte by byte, and short ways to ask about them, for the specs beside this file.

export async function* inPieces(bytes: Uint8Array, ...sizes: number[]) {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] || 65_536;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
export const probe = (bytes: Uint8Array) => probeAudio(inPieces(bytes));
export const verify = (bytes: Uint8Array) => verifyAudio(inPieces(bytes));
export const refusal = async (facts: Promise<AudioFacts>): Promise<string> => {
  try {
    return `accepted: ${JSON.stringify(await facts)}`;
  } catch (error) {
    if (error instanceof AudioRefused) return `${error.reason}: ${error.message}`;
    throw error;
  }
};

export const u16 = (value: number) => Buffer.from([value & 255, value >> 8]);
export const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
export const u64 = (value: bigint) => Buffer.from(BigUint64Array.of(value).buffer);
export const chunk = (id: string, body: Buffer, size = body.length) =>
  Buffer.concat([Buffer.from(id, 'latin1'), u32(size), body, Buffer.alloc(body.length % 2)]);
export const riff = (...chunks: Buffer[]) => {
  const body = Buffer.concat(chunks);
  return Buffer.concat([Buffer.from('RIFF'), u32(body.length + 4), Buffer.from('WAVE'), body]);
};
export const fmt = ({
  tag = 1,
  channels = 2,
  rate = 44_100,
  bits = 24,
  align = (channels * bits) / 8,
}: Partial<Record<'tag' | 'channels' | 'rate' | 'bits' | 'align', number>> = {}) =>
  chunk('fmt ', Buffer.concat([u16(tag), u16(channels), u32(rate), u32(rate * align), u16(align), u16(bits)]));
export const extensible = ({
  bits = 24,
  valid = bits,
  subformat = 1,
  guid = '000000001000800000aa00389b71',
}: { bits?: number; valid?: number; subformat?: number; guid?: string } = {}) =>
  chunk(
    'fmt ',
    Buffer.concat([
      u16(0xfffe),
      u16(2),
      u32(48_000),
      u32(48_000 * bits * 0.25),
      u16(bits / 4),
      u16(bits),
      u16(22),
      u16(valid),
      u32(3),
      u16(subformat),
      Buffer.from(guid, 'hex'),
    ]),
  );
export const second = Buffer.alloc(44_100 * 6, 7); // 24 bits, two channels
export const data = chunk('data', second);
