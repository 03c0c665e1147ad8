import { callContext } from './call-context';
import en from './messages/en.json';
import es from './messages/es.json';
import fr from './messages/fr.json';
import pt from './messages/pt.json';
import yo from './messages/yo.json';

/** Name of a rule for a field: a key of messages/en.json. */
export type RuleName = keyof typeof en;

/**
 * The sentences that tell what is wrong with a field, by language: messages/<language>.json, one file for a translator each. Words in
 * braces are filled in.
 */
export const ruleMessages: Readonly<Record<string, Readonly<Record<RuleName, string>>>> = { en, es, fr, pt, yo };

/** Languages that field messages exist in. */
export const languages: readonly string[] = Object.keys(ruleMessages);

/** The language among ours for a BCP-47 tag: `fr` for `fr-CA`; English when we have none. */
export function languageOf(locale: string | undefined): string {
  const language = locale?.split('-', 1)[0]!.toLowerCase() ?? 'en';
  return Object.hasOwn(ruleMessages, language) ? language : 'en';
}

/**
 * The sentence of a broken rule, in the language of the call that is being served (the tenant's locale); English outside of one.
 * @param field path with dots and indices, `tracks.1.isrc`
 */
export function ruleMessage(rule: RuleName, field: string, params: Record<string, string | number> = {}): string {
  const text = ruleMessages[languageOf(callContext()?.locale)]![rule];
  return text.replace(/\{(\w+)\}/g, (braces, name: string) => (name === 'field' ? field : String(params[name] ?? braces)));
}
