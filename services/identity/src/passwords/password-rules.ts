import { isBreached } from './breached';

/** Fewest characters of a password (OWASP ASVS 4.0, 2.1.1). */
export const fewest = 12;
/** Most characters: enough for any passphrase (NIST SP 800-63B, 5.1.1.2 asks for 64 at least). */
export const most = 128;

/**
 * What is wrong with a new password, in a sentence for people; undefined when nothing is. Length counts, and that nobody guesses it: it is
 * not known from breaches, not a repetition, and not made of the words of its place. Kinds of characters do not count (NIST SP 800-63B,
 * 5.1.1.2).
 * @param context words that a guesser would try: e-mail address, name of the tenant
 */
export function passwordProblem(password: string, context: readonly string[]): string | undefined {
  const normal = password.normalize('NFKC');
  const length = [...normal].length;
  if (length < fewest) return `The password must be at least ${fewest} characters.`;
  if (length > most) return `The password may not be greater than ${most} characters.`;
  const bare = normal.toLowerCase();
  if (isRepetition(bare)) return 'The password must not be a repetition.';
  if (context.some((words) => isMadeOf(bare, words)))
    return 'The password must not be made of your email address or the name of your tenant.';
  if (isBreached(bare)) return 'The password is known from data breaches: choose another.';
  return undefined;
}

/** `abcabcabcabc`: one part of at most half its length, again and again. */
const isRepetition = (text: string): boolean => `${text}${text}`.indexOf(text, 1) < text.length || new Set(text).size < 4;

/** Whether little more than the words is left of it: what remains beside them, and digits and signs at its ends, is short. */
function isMadeOf(text: string, words: string): boolean {
  const whole = words.toLowerCase();
  const parts = [whole, ...whole.split(/[^\p{L}\p{N}]+/u)].filter((part) => part.length >= 4);
  const rest = parts.reduce((left, part) => left.replaceAll(part, ''), text).replace(/[\p{N}\p{P}\p{S}\s]/gu, '');
  return parts.some((part) => text.includes(part)) && rest.length < 4;
}
