import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a secret of high entropy (a key or token that we minted; never a password), hexadecimal. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const digest = /^[0-9a-f]{64}$/i;

/**
 * Compares two such digests in time that does not depend on where they differ. What is no SHA-256 in hexadecimal equals nothing, not
 * even itself: decoding would stop at the first wrong character and find two different texts alike.
 */
export const equalHashes = (a: string, b: string): boolean =>
  digest.test(a) && digest.test(b) && timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'));
