import { iswcCheckDigit } from './check-digits';
import { accepted, refused, type Outcome } from './outcome';

/** ISRC (ISO 3901), country, registrant, year and number as in `US-RC1-23-45678`: hyphens and spaces dropped, upper-cased. It has no check digit. */
export function parseIsrc(text: string): Outcome {
  const isrc = text
    .trim()
    .replace(/^ISRC[:\s]/i, '')
    .replace(/[\s-]/g, '')
    .toUpperCase();
  return /^[A-Z]{2}[A-Z0-9]{3}\d{7}$/.test(isrc) ? accepted(isrc) : refused('must be an ISRC of the form CC-XXX-YY-NNNNN');
}

/** A new ISRC from the registrant prefix (country and registrant, 5 characters), year and designation 1 to 99999. @throws RangeError */
export function mintIsrc(prefix: string, year: number, designation: number): string {
  if (!/^[A-Z]{2}[A-Z0-9]{3}$/.test(prefix)) throw new RangeError(`"${prefix}" is not an ISRC prefix`);
  if (!Number.isInteger(designation) || designation < 1 || designation > 99999)
    throw new RangeError(`designation ${designation} does not fit an ISRC`);
  return prefix + String(year % 100).padStart(2, '0') + String(designation).padStart(5, '0');
}

/**
 * ISWC (ISO 15707), `T` + nine digits + check digit; hyphens, dots and spaces are dropped, as messages want it.
 * A wrong check digit is accepted with a warning: the published API reference carries one itself.
 */
export function parseIswc(text: string): Outcome {
  const iswc = text
    .trim()
    .replace(/^ISWC[:\s]/i, '')
    .replace(/[\s.-]/g, '')
    .toUpperCase();
  if (!/^T\d{10}$/.test(iswc)) return refused('must be an ISWC of the form T-123456789-C');
  const expected = iswcCheckDigit(iswc.slice(1, -1));
  return iswc.endsWith(expected) ? accepted(iswc) : accepted(iswc, `ISWC ${iswc} has a wrong check digit (${expected} expected)`);
}
