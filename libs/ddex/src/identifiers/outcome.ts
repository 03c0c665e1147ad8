/** What became of an identifier: its normal form (with what is odd about it), or why it is refused (and the check character that would be right). */
export type Outcome = { ok: true; value: string; warnings?: string[] } | { ok: false; reason: string; expected?: string };

export const accepted = (value: string, ...warnings: string[]): Outcome =>
  warnings.length > 0 ? { ok: true, value, warnings } : { ok: true, value };
export const refused = (reason: string, expected?: string): Outcome => ({ ok: false, reason, ...(expected !== undefined && { expected }) });
