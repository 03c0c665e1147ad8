import { mintGrid, mintIsrc, mintUpc } from '@tonegrid/ddex';

/** A run of numbers of which each becomes one identifier. */
export interface Series {
  /** Its key in the database; the ISRC's carries the year, because its numbers begin again every year. */
  kind: string;
  /** For people, in refusals. */
  name: 'UPC' | 'ISRC' | 'GRid';
  /** Numbers go from 1 to this. */
  capacity: number;
  /** How many numbers a tenant gets at a time. */
  block: number;
  identifier(number: number): string;
}

const designations = 99_999;

/** UPC-A: 11 digits of which the prefix is given, and the check digit. */
export const upcSeries = (prefix: string): Series => ({
  kind: 'upc',
  name: 'UPC',
  capacity: 10 ** (11 - prefix.length) - 1,
  block: 100,
  identifier: (number) => mintUpc(prefix, number),
});

/** ISRC of a year: 99,999 designations for each registrant of the prefixes, one registrant after the other. */
export const isrcSeries = (prefixes: readonly string[], year: number): Series => {
  const registrants = prefixes.map((prefix) => 36 ** (5 - prefix.length));
  return {
    kind: `isrc:${year}`,
    name: 'ISRC',
    capacity: registrants.reduce((sum, count) => sum + count, 0) * designations,
    block: 1000,
    identifier(number) {
      let registrant = Math.floor((number - 1) / designations);
      for (const [at, prefix] of prefixes.entries()) {
        const count = registrants[at] ?? 0;
        if (registrant < count) {
          const code =
            count === 1
              ? ''
              : registrant
                  .toString(36)
                  .toUpperCase()
                  .padStart(5 - prefix.length, '0');
          return mintIsrc(prefix + code, year, ((number - 1) % designations) + 1);
        }
        registrant -= count;
      }
      throw new RangeError(`there is no ISRC number ${number}`);
    },
  };
};

/** GRid: ten characters in base 36 after the issuer; numbers stay within what a double holds exactly. */
export const gridSeries = (issuer: string): Series => ({
  kind: 'grid',
  name: 'GRid',
  capacity: 36 ** 10 - 1,
  block: 1000,
  identifier: (number) => mintGrid(issuer, number),
});
