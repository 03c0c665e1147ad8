import { parseGrid, parseIsni, parseIsrc, parseUpc } from '@tonegrid/ddex';
import type { FieldReport } from '../field-report';

type Parser = (text: string) => { ok: true; value: string; warnings?: string[] } | { ok: false; reason: string };

const identifier =
  (parse: Parser) =>
  /** The normal form; null when blank or wrong. What is wrong goes to the report, what is odd to the warnings. */
  (text: string | undefined, path: string, report: FieldReport, warnings: string[] = []): string | null => {
    if (text === undefined || text.trim() === '') return null;
    const outcome = parse(text);
    if (!outcome.ok) {
      report.add(path, `The ${path} ${outcome.reason}.`);
      return null;
    }
    warnings.push(...(outcome.warnings ?? []));
    return outcome.value;
  };

/** UPC-A, EAN-13 or GTIN-14 with a right check digit. */
export const upcOf = identifier(parseUpc);
/** ISRC without hyphens, upper case. */
export const isrcOf = identifier(parseIsrc);
/** GRid; a wrong check character is a warning only. */
export const gridOf = identifier(parseGrid);
/** ISNI with a right check character. */
export const isniOf = identifier(parseIsni);
