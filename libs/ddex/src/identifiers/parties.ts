import { isniCheckCharacter, mod3736CheckCharacter } from './check-digits';
import { accepted, refused, type Outcome } from './outcome';

/** ISNI (ISO 27729): 16 characters with a right check character; spaces, hyphens and the isni.org address are dropped. */
export function parseIsni(text: string): Outcome {
  const isni = text
    .trim()
    .replace(/^(https?:\/\/)?(www\.)?isni\.org\/(isni\/)?/i, '')
    .replace(/[\s-]/g, '')
    .toUpperCase();
  if (!/^\d{15}[\dX]$/.test(isni)) return refused('must be an ISNI of 16 characters');
  const expected = isniCheckCharacter(isni.slice(0, -1));
  return isni.endsWith(expected) ? accepted(isni) : refused(`has a wrong check character (${expected} expected)`, expected);
}

/** IPI Name Number: 9 to 11 digits, given back padded to the 11 that messages want. */
export function parseIpi(text: string): Outcome {
  const digits = text.replace(/[\s.-]/g, '');
  return /^\d{9,11}$/.test(digits) ? accepted(digits.padStart(11, '0')) : refused('must be an IPI Name Number of 9 to 11 digits');
}

/**
 * DDEX Party Identifier in the form used in messages, `PADPIDA…` (`PA-DPIDA-2011072101-T` is accepted too). Its check
 * character (ISO 7064 MOD 37,36 over all before it) is a warning: some that are in use for years have a wrong one.
 */
export function parseDpid(text: string): Outcome {
  const dpid = text.replace(/[\s-]/g, '').toUpperCase();
  if (!/^PADPIDA[0-9A-Z]{11}$/.test(dpid)) return refused('must be a DPID: PADPIDA, ten letters or digits and a check character');
  const expected = mod3736CheckCharacter(dpid.slice(0, -1));
  return dpid.endsWith(expected) ? accepted(dpid) : accepted(dpid, `DPID ${dpid} has a wrong check character (${expected} expected)`);
}
