import { FieldReport } from './field-report';
import { parseLocalizedTitles } from './localized-titles';

test('keys come out in the canonical form of BCP-47', () => {
  expect(parseLocalizedTitles({ 'zh-hans': ' 一 ', YO: 'Òjò' }, 'localized_titles', new FieldReport())).toEqual({
    'zh-Hans': '一',
    yo: 'Òjò',
  });
});

test('keys that are none, or one language twice, and blank titles are named', () => {
  const report = new FieldReport();
  parseLocalizedTitles({ english_: 'x', fr: 'a', FR: 'b', ja: ' ' }, 'tracks.0.localized_titles', report);
  expect(() => report.throwIfAny()).toThrow(
    expect.objectContaining({
      fields: {
        'tracks.0.localized_titles.english_': ['The tracks.0.localized_titles.english_ must be a BCP-47 language tag.'],
        'tracks.0.localized_titles.FR': ['The tracks.0.localized_titles.FR names the language fr a second time.'],
        'tracks.0.localized_titles.ja': ['The tracks.0.localized_titles.ja field is required.'],
      },
    }) as Error,
  );
});
