import { createHash } from 'node:crypto';
import type { IdentifiedRelease } from '@tonegrid/ddex';

/**
 * What a release is recognised by from message to message, since thread ids alone are not relied on: its ICPN, else GRid, else the
 * sender's own id, else its recordings. Null when it has none of these.
 */
export function releaseKeyOf(release: IdentifiedRelease): string | null {
  if (release.icpn) return `icpn:${release.icpn.replace(/^0+/, '')}`;
  if (release.grid) return `grid:${release.grid}`;
  const [own] = release.proprietaryIds;
  if (own) return `own:${own.namespace}:${own.value}`;
  return release.isrcs.length > 0 ? `isrc:${[...release.isrcs].sort().join(',')}` : null;
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The DSP's own bare id of a release: 22 letters and digits, the same whenever it is asked. */
export function dspReleaseId(slug: string, releaseKey: string): string {
  let rest = BigInt(`0x${createHash('sha256').update(`${slug}\n${releaseKey}`).digest('hex').slice(0, 32)}`);
  let id = '';
  for (let digit = 0; digit < 22; digit++) {
    id += alphabet.charAt(Number(rest % 62n));
    rest /= 62n;
  }
  return id;
}
