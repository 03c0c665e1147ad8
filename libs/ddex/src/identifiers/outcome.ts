/** What became of an identifier: its normal form (with what is odd about it), or why it is refused. */
export type Outcome = { ok: true; value: string; warnings?: string[] } | { ok: false; reason: string };

export const accepted = (value: string, ...warnings: string[]): Outcome =>
  warnings.length > 0 ? { ok: true, value, warnings } : { ok: true, value };
export const refused = (reason: string): Outcome => ({ ok: false, reason });
