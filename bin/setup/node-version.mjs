import { Stop } from './stop.mjs';

/** Refuses a Node.js older than package.json's `engines`: the first with require() of ES modules, which Nest 12 needs. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const enough = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
  if (!enough) throw new Stop(`ToneGrid needs Node.js 20.19 or newer (or 22.12 or newer), and this is ${version}: see https://nodejs.org.`);
}
