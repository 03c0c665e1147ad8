import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { local } from '../setup/root.mjs';

/** Writes a file that only this user may read, whole or not at all. */
export function writePrivate(file, text) {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}

/** The sandbox's secrets, made once: .local/secrets.json, mode 0600. */
export function sandboxSecrets() {
  const file = join(local, 'secrets.json');
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const made = {
    INTERNAL_TOKEN: randomBytes(32).toString('hex'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    POSTGRES_PASSWORD: randomBytes(16).toString('hex'),
    DATABASE_PASSWORD: randomBytes(16).toString('hex'),
  };
  const secrets = { ...made, ...kept };
  if (Object.keys(made).some((name) => !(name in kept))) writePrivate(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}
