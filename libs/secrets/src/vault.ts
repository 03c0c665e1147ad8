import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const version = 1;
const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals secrets with AES-256-GCM (NIST SP 800-38D) under ENCRYPTION_KEY. A sealed value is `version | iv | tag | ciphertext`
 * and opens only with the context it was sealed with, so that a row's secret cannot be moved to another row.
 */
export class Vault {
  private readonly key: Buffer;

  /** @param key base64 of 32 bytes; throws when it is anything else */
  constructor(key: string) {
    if (!Vault.accepts(key)) throw new Error('ENCRYPTION_KEY must be 32 bytes in base64');
    this.key = Buffer.from(key, 'base64');
  }

  /** Whether a text can be a key. */
  static accepts(key: string): boolean {
    return /^[A-Za-z0-9+/_-]+={0,2}$/.test(key) && Buffer.from(key, 'base64').length === 32;
  }

  seal(secret: Uint8Array | string, context: string): Buffer {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv).setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(secret as string, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(version), iv, cipher.getAuthTag(), body]);
  }

  /** Throws when the value was altered, or sealed under another key or context. */
  open(sealed: Uint8Array, context: string): Buffer {
    const bytes = Buffer.from(sealed);
    if (bytes[0] !== version || bytes.length < 1 + ivBytes + tagBytes) throw new Error('not a sealed value');
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(1, 1 + ivBytes), { authTagLength: tagBytes })
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(1 + ivBytes, 1 + ivBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(1 + ivBytes + tagBytes)), decipher.final()]);
  }
}
