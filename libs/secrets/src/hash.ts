import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a secret of high entropy (a key or token that we minted; never a password), hexadecimal. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Compares two hexadecimal digests in constant time. */
export function equalHashes(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === right.length && left.length > 0 && timingSafeEqual(left, right);
}
