import { base36, gtinCheckDigit, mod3736CheckCharacter } from './check-digits';
import { accepted, refused, type Outcome } from './outcome';

/** UPC-A, EAN-13 or GTIN-14: 12 to 14 digits with a right check digit; spaces and hyphens are dropped. */
export function parseUpc(text: string): Outcome {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d{12,14}$/.test(digits)) return refused('must be a UPC-A, EAN-13 or GTIN-14 of 12, 13 or 14 digits');
  const expected = gtinCheckDigit(digits.slice(0, -1));
  return digits.endsWith(expected) ? accepted(digits) : refused(`has a wrong check digit (${expected} expected)`, expected);
}

/**
 * A new UPC-A (`length` 12) or EAN-13 (13) from a GS1 company prefix and an item number.
 * @throws RangeError when the prefix leaves no room for the number.
 */
export function mintUpc(prefix: string, item: number, length: 12 | 13 = 12): string {
  const room = length - 1 - prefix.length;
  if (!/^\d+$/.test(prefix) || room < 1) throw new RangeError(`"${prefix}" is not a prefix for ${length} digits`);
  if (!Number.isSafeInteger(item) || item < 0 || item >= 10 ** room) throw new RangeError(`item ${item} does not fit the prefix ${prefix}`);
  const body = prefix + String(item).padStart(room, '0');
  return body + gtinCheckDigit(body);
}

/**
 * A GRid, `A1` + issuer (5) + release number (10) + check character; hyphens, spaces and a `GRID:` label are dropped.
 * A wrong check character is accepted with a warning: the published API reference carries one itself.
 */
export function parseGrid(text: string): Outcome {
  const grid = text
    .trim()
    .replace(/^GRID:/i, '')
    .replace(/[\s-]/g, '')
    .toUpperCase();
  if (!/^A1[0-9A-Z]{16}$/.test(grid)) return refused('must be a GRid of 18 letters and digits that starts with A1');
  const expected = mod3736CheckCharacter(grid.slice(0, -1));
  return grid.endsWith(expected) ? accepted(grid) : accepted(grid, `GRid ${grid} has a wrong check character (${expected} expected)`);
}

/** A new GRid from the issuer code (5 letters or digits) and a release number. @throws RangeError when either does not fit. */
export function mintGrid(issuer: string, release: number | bigint): string {
  if (!/^[0-9A-Z]{5}$/.test(issuer)) throw new RangeError(`"${issuer}" is not a GRid issuer code`);
  const number = base36(release, 10);
  if (release < 0 || number.length > 10) throw new RangeError(`release number ${release} does not fit a GRid`);
  const body = `A1${issuer}${number}`;
  return body + mod3736CheckCharacter(body);
}
