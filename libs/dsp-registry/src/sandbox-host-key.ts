import { createHash, createHmac, createPrivateKey, createPublicKey } from 'node:crypto';

/** A host key of an SFTP server: the private half in OpenSSH's format, and the fingerprint that clients pin. */
export interface HostKey {
  privateKey: string;
  /** `SHA256:…`, as ssh-keygen -l shows it. */
  fingerprint: string;
}

const pkcs8Ed25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/**
 * The ed25519 host key of the sandbox's DSPs. It follows from INTERNAL_TOKEN, so that the simulator shows it and the delivery
 * service pins it without a file between them. Format: OpenSSH, PROTOCOL.key; fingerprint: RFC 4716, section 4, with SHA-256.
 */
export function sandboxHostKey(internalToken: string): HostKey {
  const seed = createHmac('sha256', internalToken).update('sandbox-sftp-host-key').digest();
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Ed25519, seed]), format: 'der', type: 'pkcs8' });
  const point = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  const algorithm = text('ssh-ed25519');
  const publicBlob = Buffer.concat([algorithm, text(point)]);
  const check = seed.subarray(0, 4);
  const secret = Buffer.concat([check, check, algorithm, text(point), text(Buffer.concat([seed, point])), text('sandbox')]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (secret.length % 8)) % 8);
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    Buffer.from([0, 0, 0, 1]),
    text(publicBlob),
    text(Buffer.concat([secret, padding])),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g)!;
  return {
    privateKey: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    fingerprint: `SHA256:${createHash('sha256').update(publicBlob).digest('base64').replace(/=+$/, '')}`,
  };
}
