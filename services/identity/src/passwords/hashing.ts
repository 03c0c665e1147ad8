import { hash, verify } from '@node-rs/argon2';

// `Algorithm.Argon2id`, which is a const enum: it has no value where each file is compiled by itself.
const argon2id = 2;
/** Argon2id with 19 MiB, two passes, one lane (RFC 9106; OWASP Password Storage, its least). */
const cost = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const prefix = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`;

/** One form for the ways to type the same characters (NIST SP 800-63B, 5.1.1.2). */
const normal = (secret: string): string => secret.normalize('NFKC');

/** Hash of a password or client secret. */
export const hashPassword = (secret: string): Promise<string> => hash(normal(secret), cost);

/** Whether the secret is the one that was hashed; compares in constant time. */
export const isRight = (hashed: string, secret: string): Promise<boolean> => verify(hashed, normal(secret));

/** Whether a hash was made at another cost than is usual now: it is made anew when the secret is next at hand. */
export const isOutdated = (hashed: string): boolean => !hashed.startsWith(prefix);

let nobody: Promise<string> | undefined;

/** A hash that nothing fits, at the usual cost: what is compared where there is nobody, so that time tells nothing. */
export const nobodysHash = (): Promise<string> => (nobody ??= hashPassword('nobody has this secret'));
