import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { local } from '../setup/root.mjs';
import { Stop } from '../setup/stop.mjs';
import { writePrivate } from './secrets.mjs';

const file = join(local, 'sandbox.env');

/** The credentials of the seeded tenant by their names in .local/sandbox.env; {} when there is no such file. */
export function readSandboxFile() {
  if (!existsSync(file)) return {};
  return Object.fromEntries(
    [...readFileSync(file, 'utf8').matchAll(/^(TONEGRID_[A-Z_]+)='?([^'\n]*)'?$/gm)].map(([, name, value]) => [name, value]),
  );
}

/** Writes .local/sandbox.env, to be read by a shell; only this user may read it. */
export const writeSandboxFile = (values) =>
  writePrivate(
    file,
    Object.entries(values)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
  );

/** The running sandbox: { url, services: { identity: {…} } }. Throws Stop when none has been started. */
export function runningSandbox() {
  const described = join(local, 'environment.json');
  if (!existsSync(described)) throw new Stop('The sandbox has not been started: run "npm start" in another terminal first.');
  return JSON.parse(readFileSync(described, 'utf8'));
}
