import { ruleMessage } from '@tonegrid/rpc';
import type { FieldReport } from './field-report';

/**
 * Titles by language tag in its canonical form (`zh-hans` → `zh-Hans`). Tells of keys that are not BCP-47, of keys that are the
 * same tag twice, and of blank titles.
 */
export function parseLocalizedTitles(titles: Record<string, string>, path: string, report: FieldReport): Record<string, string> {
  const parsed: Record<string, string> = {};
  for (const [key, title] of Object.entries(titles)) {
    const at = `${path}.${key}`;
    const tag = canonicalTag(key);
    if (tag === undefined) report.add(at, ruleMessage('language', at));
    else if (Object.hasOwn(parsed, tag)) report.add(at, ruleMessage('language_twice', at, { language: tag }));
    else if (title.trim() === '') report.add(at, ruleMessage('required', at));
    else parsed[tag] = title.trim();
  }
  return parsed;
}

/** A BCP-47 tag as it is written; undefined if it is not one. */
export function canonicalTag(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text)[0];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
