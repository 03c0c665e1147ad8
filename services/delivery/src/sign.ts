import { createHmac, timingSafeEqual } from 'node:crypto';

/** The header of a signed body, in lower case. */
export const signatureHeader = 'x-tonegrid-signature';

/** How far a signature's time may be from ours, in seconds. */
export const toleranceSeconds = 300;

const hmac = (key: string, seconds: number | string, body: Uint8Array) =>
  createHmac('sha256', key).update(`${seconds}.`).update(body).digest();

/** `t=<unix>,v1=<hex HMAC-SHA256 of "t.body">`. */
export function sign(key: string, body: Uint8Array, now: Date = new Date()): string {
  const seconds = Math.floor(now.getTime() / 1000);
  return `t=${seconds},v1=${hmac(key, seconds, body).toString('hex')}`;
}

/**
 * Whether a header is a signature of exactly this body under this key, made within the tolerance. Several `v1=` may stand in it (a
 * key that is being changed): one of them is enough. Compares in constant time.
 */
export function isSigned(header: string | undefined, key: string, body: Uint8Array, now: Date = new Date()): boolean {
  if (!header || header.length > 1000) return false;
  const parts = header.split(',').map((part) => part.trim());
  const time = parts.find((part) => part.startsWith('t='))?.slice(2);
  if (!time || !/^\d{1,12}$/.test(time)) return false;
  if (Math.abs(now.getTime() / 1000 - Number(time)) > toleranceSeconds) return false;
  const expected = hmac(key, time, body);
  return parts.some((part) => /^v1=[0-9a-f]{64}$/.test(part) && timingSafeEqual(Buffer.from(part.slice(3), 'hex'), expected));
}
