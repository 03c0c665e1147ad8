import type { CopyrightLine } from './notification';

/** A P or C line: the one that is given, else made of year and holder. `year`: of a line that states none. */
export function copyrightLine(given: string | null | undefined, year: number | undefined, holder: string): CopyrightLine {
  // `(P) 2026 Holder`: the year that a whole line states is its year.
  const stated = given ? /\b(1[89]\d\d|20\d\d|21\d\d)\b/.exec(given)?.[1] : undefined;
  const itsYear = stated ? Number(stated) : year;
  return { ...(itsYear ? { year: itsYear } : {}), text: given || [itsYear, holder].filter(Boolean).join(' ') };
}
