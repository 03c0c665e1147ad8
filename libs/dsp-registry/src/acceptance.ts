import type { AcceptanceRules, AcceptanceSet } from './dsp';

const sections = ['artwork', 'titles', 'explicit', 'roles', 'audio', 'artists'] as const;

/** One thing wrong with the sets: which set, which field, and what. */
export interface AcceptanceProblem {
  field: string;
  message: string;
}

/** Completes each set by the one that it is `like`, rule by rule. That one must be complete itself: a chain would hide who says what. */
export function completeAcceptanceSets(sets: Readonly<Record<string, AcceptanceSet>>): {
  complete: Record<string, AcceptanceRules>;
  problems: AcceptanceProblem[];
} {
  const problems: AcceptanceProblem[] = [];
  const complete: Record<string, AcceptanceRules> = {};
  for (const [name, { like, ...own }] of Object.entries(sets)) {
    const base = like === undefined ? undefined : Object.hasOwn(sets, like) ? sets[like] : undefined;
    if (like !== undefined && (!base || base.like !== undefined))
      problems.push({
        field: `${name}.like`,
        message: base ? `"${like}" is itself like another set` : `"${like}" is not one of acceptance_sets`,
      });
    const rules: AcceptanceRules = { ...own };
    for (const section of sections) if (base?.[section]) Object.assign(rules, { [section]: { ...base[section], ...own[section] } });
    complete[name] = rules;
    const { min_px: least = 1, asked_px: asked = Infinity, max_px: most = Infinity } = rules.artwork ?? {};
    if (least > most) problems.push({ field: `${name}.artwork.min_px`, message: `is more than max_px, ${most}` });
    // What is asked for and inherited gives way to a floor that is higher.
    if (asked < least && own.artwork?.asked_px !== undefined)
      problems.push({ field: `${name}.artwork.asked_px`, message: `is less than min_px, ${least}` });
    if (asked !== Infinity && asked > most) problems.push({ field: `${name}.artwork.asked_px`, message: `is more than max_px, ${most}` });
  }
  return { complete, problems };
}
