import { parseGrid, parseIsni, parseIsrc, parseUpc } from '@tonegrid/ddex';
import { ruleMessage, type RuleName } from '@tonegrid/rpc';
import type { FieldReport } from '../field-report';

type Parser = (text: string) => { ok: true; value: string; warnings?: string[] } | { ok: false; expected?: string };

const identifier =
  (parse: Parser, form: RuleName, check: RuleName = 'check_character') =>
  /** The normal form; null when blank or wrong. What is wrong goes to the report, what is odd to the warnings. */
  (text: string | undefined, path: string, report: FieldReport, warnings: string[] = []): string | null => {
    if (text === undefined || text.trim() === '') return null;
    const outcome = parse(text);
    if (!outcome.ok) {
      const { expected } = outcome;
      report.add(path, expected === undefined ? ruleMessage(form, path) : ruleMessage(check, path, { expected }));
      return null;
    }
    warnings.push(...(outcome.warnings ?? []));
    return outcome.value;
  };

/** UPC-A, EAN-13 or GTIN-14 with a right check digit. */
export const upcOf = identifier(parseUpc, 'upc', 'check_digit');
/** ISRC without hyphens, upper case. */
export const isrcOf = identifier(parseIsrc, 'isrc');
/** GRid; a wrong check character is a warning only. */
export const gridOf = identifier(parseGrid, 'grid');
/** ISNI with a right check character. */
export const isniOf = identifier(parseIsni, 'isni');
