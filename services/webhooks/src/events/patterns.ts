import { canonicalSlug } from '@tonegrid/dsp-registry';

// Patterns match whole dot-separated parts: `*` alone is everything, a `*` part is one part, a trailing `.*` is one or more
// (REST surface, section 5).

const partForm = /^(\*|[a-z0-9_-]+)$/;

/** Whether a pattern takes an event type. */
export function matches(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  const wanted = pattern.split('.');
  const parts = type.split('.');
  const open = wanted.at(-1) === '*';
  if (open ? parts.length < wanted.length : parts.length !== wanted.length) return false;
  return wanted.every((part, n) => part === '*' || part === parts[n]);
}

/**
 * Every pattern that takes an event type: `*`, and each way of writing `*` for parts of it or of a beginning of it. Types have four
 * parts at most, so these are few, and whether a subscription wants an event is one overlap of two lists in SQL.
 */
export function patternsTaking(type: string): string[] {
  const parts = type.split('.');
  const found = new Set<string>(['*']);
  let beginnings: string[][] = [[]];
  for (const part of parts) {
    beginnings = beginnings.flatMap((beginning) => [
      [...beginning, part],
      [...beginning, '*'],
    ]);
    for (const beginning of beginnings) {
      if (beginning.length === parts.length || beginning.at(-1) === '*') found.add(beginning.join('.'));
    }
  }
  return [...found];
}

/**
 * A pattern as it is kept: DSPs in their canonical spelling, so that `release.dsp.apple_music.live` is
 * `release.dsp.applemusic.live`, the type that events have.
 */
export function canonicalPattern(pattern: string): string {
  const parts = pattern.split('.');
  const slug = parts[2];
  if (parts[0] !== 'release' || parts[1] !== 'dsp' || slug === undefined || slug === '*') return pattern;
  return [...parts.slice(0, 2), canonicalSlug(slug), ...parts.slice(3)].join('.');
}

/** Whether a text is written as a pattern and takes at least one of the types. */
export const takesAny = (pattern: string, types: readonly string[]): boolean =>
  pattern.split('.').every((part) => partForm.test(part)) && types.some((type) => matches(pattern, type));
