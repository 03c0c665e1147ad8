import { ArtistRoleSchema, words, type ArtistRole } from '@tonegrid/contracts';
import { ruleMessage } from '@tonegrid/rpc';
import type { FieldReport } from '../field-report';
import { nameKey } from './artist';

const roles = words<ArtistRole>(ArtistRoleSchema);

/** A credit as it was asked for: a profile by uuid, or whoever has the name. */
export interface Credit {
  uuid?: string;
  name?: string;
  role: string;
  /** Path of the field it came in, `artists.0`. */
  path: string;
}

/** Checks credits. Exact repetitions are dropped; one artist may have several roles. */
export function parseCredits(
  credits: readonly { uuid?: string; name?: string; role?: ArtistRole }[],
  path: string,
  report: FieldReport,
): Credit[] {
  const seen = new Set<string>();
  return credits.flatMap(({ uuid, name, role }, n) => {
    const at = `${path}.${n}`;
    const trimmed = name?.trim();
    if (!uuid && !trimmed) {
      report.add(`${at}.name`, ruleMessage('required', `${at}.name`));
      return [];
    }
    const credit: Credit = { role: roles.word(role) ?? 'main', path: at, ...(uuid ? { uuid: uuid.toLowerCase() } : { name: trimmed! }) };
    const key = `${credit.uuid ?? nameKey(credit.name!)} ${credit.role}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [credit];
  });
}
