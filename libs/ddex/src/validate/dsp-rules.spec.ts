import { scanXml } from '../read/scan-xml';
import { dspRules } from './dsp-rules';
import { messageFacts } from './message-facts';

const factsOf = (body: string, version = '4.3') => messageFacts(scanXml(`<m>${body}</m>`), version);
const ruleOf = (code: string) => dspRules.find((rule) => rule.code === code)!;
const broken = (code: string, body: string, version = '4.3', given = ruleOf(code).given): string[] =>
  ruleOf(code)
    .check(factsOf(body, version), given, 'Tidewater')
    .map(({ message }) => message);
const title = (text: string, language = 'en') =>
  `<ReleaseList><Release><DisplayTitleText LanguageAndScriptCode="${language}">${text}</DisplayTitleText></Release></ReleaseList>`;

describe('rules of DSPs', () => {
  it.each(dspRules.map((rule) => [rule.code, rule] as const))('%s passes its passing example and finds its failing one', (_code, rule) => {
    expect(rule.check(factsOf(rule.passes), rule.given, 'Tidewater')).toEqual([]);
    const found = rule.check(factsOf(rule.fails), rule.given, 'Tidewater');
    expect(found).toHaveLength(1);
    expect(found[0]!.message).toContain('Tidewater');
  });

  it('have codes of their own and a hint each, and ask nothing that no data asks', () => {
    expect(new Set(dspRules.map((rule) => rule.code)).size).toBe(dspRules.length);
    for (const rule of dspRules) {
      expect(rule.hint).toMatch(/\.$/);
      expect(rule.check(factsOf(rule.fails), {}, 'Tidewater')).toEqual([]);
    }
  });

  it.each([
    ['lagos skyline', true],
    ['LAGOS SKYLINE', true],
    ['Лагос НОЧЬЮ', false],
    ['ЛАГОС НОЧЬЮ', true],
    ['ABBA', false],
    ['OK', false],
    ['夜のラゴス', false],
    ['7 rings', true],
    ['Itọju Eko', false],
  ])('title casing of "%s" is wrong: %s', (text, wrong) => expect(broken('dsp.title_casing', title(text))).toHaveLength(wrong ? 1 : 0));

  it('title casing may be about some languages only', () => {
    const given = { titles: { casing: 'mixed' as const, casing_languages: ['en'] } };
    expect(broken('dsp.title_casing', title('nuit blanche', 'fr-CA'), '4.3', given)).toEqual([]);
    expect(broken('dsp.title_casing', title('white night', 'en-GB'), '4.3', given)).toHaveLength(1);
  });

  it.each([
    ['Out Now: Lagos', 'dsp.title_marketing', 1],
    ['Outer Now', 'dsp.title_marketing', 0],
    ['Lagos [Explicit]', 'dsp.title_needless_words', 1],
    ['Lagos - Original Mix', 'dsp.title_needless_words', 1],
    ['Original Mix Tape', 'dsp.title_needless_words', 0],
    ['Lagos ft. Tems', 'dsp.title_featured_artist', 1],
    ['Lagos (Featuring Tems)', 'dsp.title_featured_artist', 1],
    ['Six ft Under', 'dsp.title_featured_artist', 1],
    ['Loft Music', 'dsp.title_featured_artist', 0],
  ])('"%s": %s finds %i', (text, code, count) => expect(broken(code, title(text))).toHaveLength(count));

  it('know the same facts of ERN 3 and ERN 4.2', () => {
    const cover3 =
      '<ResourceList><Image><ImageType>FrontCoverImage</ImageType><ImageDetailsByTerritory><TechnicalImageDetails><ImageHeight>500</ImageHeight><ImageWidth>500</ImageWidth><File><FileName>a.gif</FileName></File></TechnicalImageDetails></ImageDetailsByTerritory></Image></ResourceList>';
    expect(broken('dsp.artwork_too_small', cover3, '3.8.2')).toHaveLength(1);
    expect(broken('dsp.artwork_format', cover3, '3.8.2')).toEqual(['The cover is a GIF; Tidewater takes JPEG, PNG']);
    const title3 =
      '<ReleaseList><Release><ReferenceTitle><TitleText>Lagos</TitleText><SubTitle>(Original Mix)</SubTitle></ReferenceTitle></Release></ReleaseList>';
    expect(broken('dsp.title_needless_words', title3, '3.8.2')).toHaveLength(1);
    const track3 = (inside: string) =>
      `<ResourceList><SoundRecording><SoundRecordingDetailsByTerritory>${inside}</SoundRecordingDetailsByTerritory></SoundRecording></ResourceList>`;
    expect(broken('dsp.explicit_missing', track3(''), '3.8.2')).toHaveLength(1);
    expect(broken('dsp.explicit_value', track3('<ParentalWarningType>Unknown</ParentalWarningType>'), '3.8.2')).toHaveLength(1);
    expect(
      broken(
        'dsp.role_missing',
        track3(
          '<IndirectResourceContributor><IndirectResourceContributorRole>Composer</IndirectResourceContributorRole></IndirectResourceContributor>',
        ),
        '3.8.2',
      ),
    ).toEqual([]);
    expect(
      broken(
        'dsp.audio_resolution',
        track3('<TechnicalSoundRecordingDetails><SamplingRate UnitOfMeasure="kHz">22.05</SamplingRate></TechnicalSoundRecordingDetails>'),
        '3.8.2',
      ),
    ).toHaveLength(1);
    const audio42 =
      '<ResourceList><SoundRecording><TechnicalDetails><SamplingRate>44100</SamplingRate><BitsPerSample>8</BitsPerSample></TechnicalDetails></SoundRecording></ResourceList>';
    expect(broken('dsp.audio_resolution', audio42, '4.2')).toEqual(['The audio has 8 bits; Tidewater takes no less than 16']);
  });
});
