import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Dsp, DspRegistry } from '@tonegrid/dsp-registry';

/** Who may enter over SFTP: one DSP, or a partner that carries for several. */
export interface SftpUser {
  name: string;
  dsps: Dsp[];
  password: string;
  /** The folder on disk that is `/` to this user. */
  root: string;
  uploadFolder: string;
}

/** Compares in a time that tells nothing of the secret. */
export function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** The users of a registry by name, their folders made. @throws for an SFTP DSP without a password */
export function sftpUsers(registry: DspRegistry, dataDir: string): Map<string, SftpUser> {
  const users = new Map<string, SftpUser>();
  for (const dsp of registry.all) {
    if (dsp.endpoint?.kind !== 'sftp') continue;
    const { username, password } = registry.sftpCredentials(dsp);
    if (!password) throw new Error(`DSP "${dsp.slug}" has no SFTP password`);
    if (!/^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/.test(username)) throw new Error(`DSP "${dsp.slug}": "${username}" cannot be a user here`);
    let user = users.get(username);
    if (!user) {
      user = { name: username, dsps: [], password, root: join(dataDir, 'sftp', username), uploadFolder: dsp.endpoint.upload_folder };
      users.set(username, user);
    }
    user.dsps.push(dsp);
    mkdirSync(join(user.root, user.uploadFolder), { recursive: true });
    if (dsp.acknowledgement.by === 'folder') mkdirSync(join(user.root, dsp.acknowledgement.folder), { recursive: true });
  }
  return users;
}
