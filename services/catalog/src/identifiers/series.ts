import { mintGrid, mintIsrc, mintUpc } from '@tonegrid/ddex';

/** A run of numbers of which each becomes one identifier. Of one kind a number means the same identifier in every series. */
export interface Series {
  kind: 'upc' | 'isrc' | 'grid';
  /** Its key in the database, where it is noted how far it has been given out. */
  key: string;
  /** From first to last, both included. */
  first: number;
  last: number;
  /** How many numbers a tenant gets at a time. */
  block: number;
  /** Undefined for the few numbers that are no identifier. */
  identifier(number: number): string | undefined;
}

const upcOf = (number: number): string => mintUpc(String(Math.floor(number / 10)).padStart(10, '0'), number % 10);

/** UPC-A: 11 digits of which the prefix is given, and the check digit. The number is the 11 digits. */
export const upcSeries = (prefix: string): Series => {
  const items = 10 ** (11 - prefix.length);
  const base = Number(prefix) * items;
  return { kind: 'upc', key: `upc:${prefix}`, first: base + 1, last: base + items - 1, block: 100, identifier: upcOf };
};

/** The UPCs from one to another, both included. The key is where they begin: a range may be made longer. */
export const upcRange = (start: string, end: string): Series => {
  const [first, last] = [start, end].map((upc) => Number(upc.slice(0, 11))) as [number, number];
  return { kind: 'upc', key: `upc:from:${first}`, first, last, block: 100, identifier: upcOf };
};

const designations = 100_000;
const registrants = 36 ** 5;

/**
 * ISRC of a year: 99,999 designations for each registrant that begins with the prefix (country and up to three characters), one after the
 * other. The number is year, prefix in base 36 and designation; designation 0 is no ISRC.
 */
export const isrcSeries = (prefix: string, year: number): Series => {
  const yy = year % 100;
  const numberOf = (registrant: string, designation: number) => (yy * registrants + parseInt(registrant, 36)) * designations + designation;
  return {
    kind: 'isrc',
    key: `isrc:${prefix}:${yy}`,
    first: numberOf(prefix.padEnd(5, '0'), 1),
    last: numberOf(prefix.padEnd(5, 'Z'), designations - 1),
    block: 1000,
    identifier(number) {
      const designation = number % designations;
      if (designation === 0) return undefined;
      const registrant = Math.floor(number / designations) % registrants;
      return mintIsrc(registrant.toString(36).toUpperCase().padStart(5, '0'), year, designation);
    },
  };
};

/** GRid: ten characters in base 36 after the issuer; numbers stay within what a double holds exactly. */
export const gridSeries = (issuer: string): Series => ({
  kind: 'grid',
  key: 'grid',
  first: 1,
  last: 36 ** 10 - 1,
  block: 1000,
  identifier: (number) => mintGrid(issuer, number),
});
