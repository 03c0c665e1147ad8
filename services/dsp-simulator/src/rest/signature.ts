import { createHmac, timingSafeEqual } from 'node:crypto';

const tolerance = 300;

/**
 * Checks `X-ToneGrid-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "{t}.{bytes}">`; several `v1` may stand there.
 * Gives what is wrong, or null.
 */
export function signatureProblem(header: string | undefined, bytes: Uint8Array, key: string, now = Date.now()): string | null {
  if (!header) return 'X-ToneGrid-Signature is missing';
  const parts = header.split(',').map((part) => part.trim());
  const time = parts.find((part) => /^t=\d{1,12}$/.test(part))?.slice(2);
  if (!time) return 'X-ToneGrid-Signature has no time';
  if (Math.abs(now / 1000 - Number(time)) > tolerance) return `X-ToneGrid-Signature is more than ${tolerance} s away from now`;
  const expected = createHmac('sha256', key).update(`${time}.`).update(bytes).digest();
  const given = parts.flatMap((part) => (/^v1=[0-9a-f]{64}$/i.test(part) ? [Buffer.from(part.slice(3), 'hex')] : []));
  return given.some((signature) => timingSafeEqual(signature, expected)) ? null : 'X-ToneGrid-Signature does not fit the manifest';
}
