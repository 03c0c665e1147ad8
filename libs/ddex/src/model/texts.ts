import type { LocalText, Title } from './notification';

const pattern = /^[a-zA-Z]{2,3}(-[a-zA-Z]+)?(-[a-zA-Z]{2}|-[0-9]{3})?(-[a-zA-Z][a-zA-Z0-9]{4}[a-zA-Z0-9]*)?$/;

/**
 * A BCP-47 tag as DDEX's LanguageAndScriptCode (language, script, region, variant). Parts that its pattern has no room for
 * are dropped from the end; null when not even the language fits.
 */
export function languageCode(tag: string): string | null {
  const parts = tag.trim().replace(/_/g, '-').split('-');
  for (let length = parts.length; length > 0; length--) {
    const code = parts.slice(0, length).join('-');
    if (pattern.test(code)) return code;
  }
  return null;
}

// Printable ASCII with single spaces: as clean as it can be.
const clean = /^(?:[!-~]+(?: [!-~]+)*)?$/;
// All that XML 1.0 has no place for; a lone surrogate cannot be written as UTF-8 either.
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const illegal = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu;

/** Text as messages carry it: composed (NFC), on one line, without characters that XML cannot hold. Tells when some were lost. */
export function cleanText(text: string): { text: string; lost: boolean } {
  if (clean.test(text)) return { text, lost: false };
  const legal = text.replace(illegal, '');
  return { text: legal.normalize('NFC').replace(/\s+/g, ' ').trim(), lost: legal.length !== text.length };
}

/** A title and its version as one string, the way it is shown: `Lagos Skyline (Radio Edit)`. A version that the title already ends with is not repeated. */
export function displayTitle(text: string, version?: string | null): string {
  if (!version) return text;
  const bare = version.replace(/^[([]|[)\]]$/g, '');
  return text.toLowerCase().includes(`(${bare.toLowerCase()})`) || text.toLowerCase().includes(`[${bare.toLowerCase()}]`)
    ? text
    : `${text} (${bare})`;
}

/**
 * The titles of a work in each language, the default first: the string that is shown and the title in its parts. There is one
 * title for each language code (release profile 7.2.5): a localized title in the default language is the default title in other
 * words, so the default wins. Which is the default is said where there are several. A title that is left out for its language is told.
 */
export function titlesOf(
  title: string,
  version: string | null | undefined,
  language: string,
  localized: Record<string, string> | null | undefined,
  localizedVersions: Record<string, string> | null | undefined,
  clean: (text: string, what: string) => string,
  warn: (warning: string) => void,
): { titleTexts: LocalText[]; titles: Title[] } {
  const titleTexts: LocalText[] = [];
  const titles: Title[] = [];
  const add = (text: string, ver: string | undefined, code: string): void => {
    titleTexts.push({ text: displayTitle(text, ver), language: code });
    titles.push({ text, language: code, ...(ver ? { subTitles: [{ text: ver, type: 'Version' }] } : {}) });
  };
  const ownVersion = version ? clean(version, 'version title') || undefined : undefined;
  const main = clean(title, 'title') || 'Untitled';
  add(main, ownVersion, language);
  const seen = new Map([[language.toLowerCase(), main]]);
  for (const [tag, text] of Object.entries(localized ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const code = languageCode(tag);
    const cleaned = clean(text, `title in ${tag}`);
    if (cleaned === '') continue;
    if (!code) {
      warn(`The title "${cleaned}" in ${tag} is left out: messages cannot name that language`);
      continue;
    }
    const standing = seen.get(code.toLowerCase());
    if (standing !== undefined) {
      if (standing !== cleaned) warn(`The title "${cleaned}" in ${tag} is left out: there is one in ${code}, "${standing}"`);
      continue;
    }
    seen.set(code.toLowerCase(), cleaned);
    const itsVersion = localizedVersions?.[tag];
    add(cleaned, itsVersion ? clean(itsVersion, `version in ${tag}`) || ownVersion : ownVersion, code);
  }
  if (titles.length > 1) for (const list of [titleTexts, titles]) list[0]!.isDefault = true;
  return { titleTexts, titles };
}

/** Names of display artists as one line: `A, B & C feat. D`. */
export function artistLine(main: string[], featured: string[]): string {
  const join = (names: string[]): string => (names.length < 3 ? names.join(' & ') : `${names.slice(0, -1).join(', ')} & ${names.at(-1)}`);
  return featured.length > 0 ? `${join(main)} feat. ${join(featured)}` : join(main);
}
