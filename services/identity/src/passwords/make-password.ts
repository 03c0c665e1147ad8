import { randomBytes } from 'node:crypto';

/** A password that nobody chose: 24 characters, 144 bits. */
export const makePassword = (): string => randomBytes(18).toString('base64url');
