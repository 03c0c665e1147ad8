import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A WAV file (PCM, 44.1 kHz, 16 bit, stereo) of two tones that fade in and out.
 * @param seconds how long
 * @param hertz the lower tone
 */
export function makeWav(seconds, hertz) {
  const rate = 44_100;
  const frames = Math.round(seconds * rate);
  const data = Buffer.alloc(frames * 4);
  for (let i = 0; i < frames; i++) {
    const fade = Math.min(1, i / rate, (frames - i) / rate);
    const at = (2 * Math.PI * hertz * i) / rate;
    data.writeInt16LE(Math.round(9000 * fade * Math.sin(at)), i * 4);
    data.writeInt16LE(Math.round(9000 * fade * Math.sin(at * 1.5)), i * 4 + 2);
  }
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 4, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

/** A cover as the DSPs want it: JPEG, square, 3000 pixels, RGB. */
export async function makeCover() {
  // Loaded when needed: it takes a tenth of a second, and a second start needs no cover.
  const { default: sharp } = await import('sharp');
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="3000" height="3000">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#101a3a"/><stop offset=".6" stop-color="#7a2e5d"/><stop offset="1" stop-color="#f2a65a"/></linearGradient></defs>
    <rect width="3000" height="3000" fill="url(#sky)"/><circle cx="1500" cy="1850" r="620" fill="#ffe0a3"/>
    ${[0, 1, 2, 3, 4].map((i) => `<rect y="${2000 + i * 200}" width="3000" height="${60 + i * 25}" fill="#101a3a" opacity=".75"/>`).join('')}</svg>`;
  return sharp(Buffer.from(picture)).flatten().jpeg({ quality: 88 }).toBuffer();
}

/** cover.jpg and track.wav in the folder, made when they are not there. */
export async function sampleFiles(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keep = async (name, make) => {
    const file = join(folder, name);
    if (existsSync(file)) return;
    writeFileSync(`${file}.new`, await make());
    renameSync(`${file}.new`, file);
  };
  await keep('cover.jpg', makeCover);
  await keep('track.wav', () => makeWav(20, 220));
}
