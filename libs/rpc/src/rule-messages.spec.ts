import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { withCallContext } from './call-context';
import { languageOf, languages, ruleMessage, ruleMessages, type RuleName } from './rule-messages';

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe('messages about fields', () => {
  test.each(languages)('%s has every message, with the words in braces of the English one', (language) => {
    const own = ruleMessages[language]!;
    expect(Object.keys(own)).toEqual(Object.keys(ruleMessages['en']!));
    for (const [rule, english] of Object.entries(ruleMessages['en']!))
      expect([rule, names(own[rule as RuleName])]).toEqual([rule, names(english)]);
  });

  test.each(languages.filter((language) => language !== 'en'))('%s is translated', (language) => {
    const same = Object.entries(ruleMessages[language]!).filter(([rule, text]) => text === ruleMessages['en']![rule as RuleName]);
    expect(same).toEqual([]);
  });

  test.each([
    ['fr', 'fr'],
    ['fr-CA', 'fr'],
    ['PT-br', 'pt'],
    ['yo-NG', 'yo'],
    ['de', 'en'],
    ['', 'en'],
    ['constructor', 'en'],
    [undefined, 'en'],
  ])('the language for %s is %s', (locale, language) => expect(languageOf(locale)).toBe(language));

  describe('during a call', () => {
    beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
    afterAll(() => context.disable());

    test('are in the language of its tenant, and in English outside of any', () => {
      const during = (locale: string) =>
        context.with(withCallContext(ROOT_CONTEXT, { requestId: 'r', tenant: undefined, locale }), () =>
          ruleMessage('max_length', 'tracks.1.title', { limit: 255 }),
        );
      expect(during('fr-FR')).toBe('Le champ tracks.1.title ne doit pas dépasser 255 caractères.');
      expect(during('yo')).toBe('tracks.1.title kò gbọ́dọ̀ ju àmì 255 lọ.');
      expect(during('zh')).toBe('The tracks.1.title may not be greater than 255 characters.');
      expect(ruleMessage('required', 'title')).toBe('The title field is required.');
    });
  });
});
