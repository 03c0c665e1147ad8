import { Refused } from '@tonegrid/errors';

/** The scopes asked for, all of one's own when none are; more than one has is refused (RFC 6749, 5.2). */
export function requestedScopes(asked: string | undefined, own: readonly string[]): readonly string[] {
  const wanted = (asked ?? '').split(' ').filter((scope) => scope !== '');
  if (wanted.length === 0) return own;
  const beyond = wanted.filter((scope) => !own.includes(scope));
  if (beyond.length > 0) throw new Refused('auth.invalid_scope', { params: { scope: beyond.join(' ') } });
  return [...new Set(wanted)];
}
