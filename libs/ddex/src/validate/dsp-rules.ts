import type { XmlElement } from '../read/scan-xml';
import type { DspRule, DspTarget } from './dsp-rule';
import { messageFacts, type ImageTold, type TitleTold } from './message-facts';
import { breach, type Breach } from './profile-rule';
import { maxFindings } from './report';

const size = ({ width, height }: ImageTold): string => `${width ?? '?'} × ${height ?? '?'} pixels`;

/** Covers of which a side is told and fails a test. */
const sides = (covers: ImageTold[], fails: (pixels: number) => boolean): ImageTold[] =>
  covers.filter(({ width, height }) => [width, height].some((side) => side !== null && fails(side)));

const escaped = (words: string): string => words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');

/** Makes a matcher of phrases, once for each list. */
function matcherOf(pattern: (phrases: string) => string): (phrases: readonly string[]) => RegExp {
  const made = new WeakMap<readonly string[], RegExp>();
  return (phrases) => {
    let matcher = made.get(phrases);
    if (!matcher) made.set(phrases, (matcher = new RegExp(pattern(phrases.map(escaped).join('|')), 'iu')));
    return matcher;
  };
}

/** As whole words, anywhere. */
const anywhere = matcherOf((phrases) => `(?<![\\p{L}\\p{N}])(${phrases})(?![\\p{L}\\p{N}])`);
/** As a version: alone in brackets, or after a dash at the end. "Explicit Dreams" is a title like any other. */
const asVersion = matcherOf((phrases) => `[(\\[]\\s*(${phrases})\\s*[)\\]]|\\s[-–—]\\s+(${phrases})\\s*$`);

const withWords = (titles: TitleTold[], matcher: RegExp, say: (word: string, title: TitleTold) => string): Breach[] =>
  titles.flatMap((title) => {
    const found = matcher.exec(title.text);
    return found ? [breach(title.element, say(found[1] ?? found[2]!, title))] : [];
  });

const featuring = /[([\s](?:feat|ft|featuring)\.?\s+\p{L}/iu;

/** All in one case, in a script that has two; a single word may be an acronym, and three letters are too few to tell. */
function isOneCase(title: string): boolean {
  const letters = title.match(/\p{Lu}|\p{Ll}/gu)?.length ?? 0;
  if (letters < 4) return false;
  if (title === title.toLowerCase()) return true;
  return title === title.toUpperCase() && title.trim().split(/\s+/).length > 1;
}

const primaryLanguage = (tag: string | null): string | null => tag?.split('-')[0]!.toLowerCase() ?? null;

const cover = (details: string): string =>
  `<ResourceList><Image><Type>FrontCoverImage</Type><TechnicalDetails>${details}</TechnicalDetails></Image></ResourceList>`;
const releaseTitle = (text: string, language = 'en'): string =>
  `<ReleaseList><Release><DisplayTitleText LanguageAndScriptCode="${language}">${text}</DisplayTitleText></Release></ReleaseList>`;
const track = (inside: string): string =>
  `<ResourceList><SoundRecording><ResourceReference>A1</ResourceReference>${inside}</SoundRecording></ResourceList>`;

/** Every kind of rule that a DSP's data can switch on. */
export const dspRules: readonly DspRule[] = [
  {
    code: 'dsp.artwork_too_small',
    clause: 'artwork.min_px',
    weight: 'refused',
    hint: 'Upload a larger cover: scaling a small one up is refused as well.',
    check: ({ covers }, { artwork }, dsp) => {
      const least = artwork?.min_px;
      return least === undefined
        ? []
        : sides(covers, (side) => side < least).map((image) =>
            breach(image.element, `The cover has ${size(image)}; ${dsp} takes no fewer than ${least} × ${least}`),
          );
    },
    given: { artwork: { min_px: 640 } },
    passes: cover('<ImageHeight>640</ImageHeight><ImageWidth>640</ImageWidth>'),
    fails: cover('<ImageHeight>600</ImageHeight><ImageWidth>640</ImageWidth>'),
  },
  {
    code: 'dsp.artwork_small',
    clause: 'artwork.asked_px',
    weight: 'asked',
    hint: 'Upload a larger cover, so that it is sharp on large screens.',
    check: ({ covers }, { artwork }, dsp) => {
      const asked = artwork?.asked_px;
      const least = artwork?.min_px ?? 0;
      return asked === undefined
        ? []
        : sides(covers, (side) => side >= least && side < asked)
            .filter((image) => sides([image], (side) => side < least).length === 0)
            .map((image) => breach(image.element, `The cover has ${size(image)}; ${dsp} asks for ${asked} × ${asked}`));
    },
    given: { artwork: { min_px: 640, asked_px: 3000 } },
    passes: cover('<ImageHeight>3000</ImageHeight><ImageWidth>3000</ImageWidth>'),
    fails: cover('<ImageHeight>1400</ImageHeight><ImageWidth>1400</ImageWidth>'),
  },
  {
    code: 'dsp.artwork_too_large',
    clause: 'artwork.max_px',
    weight: 'refused',
    hint: 'Upload a smaller cover.',
    check: ({ covers }, { artwork }, dsp) => {
      const most = artwork?.max_px;
      return most === undefined
        ? []
        : sides(covers, (side) => side > most).map((image) =>
            breach(image.element, `The cover has ${size(image)}; ${dsp} takes no more than ${most} × ${most}`),
          );
    },
    given: { artwork: { max_px: 10_000 } },
    passes: cover('<ImageHeight>10000</ImageHeight><ImageWidth>10000</ImageWidth>'),
    fails: cover('<ImageHeight>10001</ImageHeight><ImageWidth>10001</ImageWidth>'),
  },
  {
    code: 'dsp.artwork_not_square',
    clause: 'artwork.square',
    weight: 'refused',
    hint: 'Crop the cover to a square.',
    check: ({ covers }, { artwork }, dsp) =>
      artwork?.square
        ? covers
            .filter(({ width, height }) => width !== null && height !== null && width !== height)
            .map((image) => breach(image.element, `The cover has ${size(image)}; ${dsp} takes square ones only`))
        : [],
    given: { artwork: { square: true } },
    passes: cover('<ImageHeight>3000</ImageHeight><ImageWidth>3000</ImageWidth>'),
    fails: cover('<ImageHeight>3000</ImageHeight><ImageWidth>3001</ImageWidth>'),
  },
  {
    code: 'dsp.artwork_format',
    clause: 'artwork.formats',
    weight: 'refused',
    hint: 'Save the cover in another format and upload it again.',
    check: ({ covers }, { artwork }, dsp) => {
      const formats: readonly string[] | undefined = artwork?.formats;
      return formats
        ? covers
            .filter(({ format }) => format !== null && !formats.includes(format))
            .map((image) => breach(image.element, `The cover is a ${image.format}; ${dsp} takes ${formats.join(', ')}`))
        : [];
    },
    given: { artwork: { formats: ['JPEG', 'PNG'] } },
    passes: cover('<ImageCodecType>PNG</ImageCodecType>'),
    fails: cover('<ImageCodecType>GIF</ImageCodecType>'),
  },
  {
    code: 'dsp.title_casing',
    clause: 'titles.casing',
    weight: 'asked',
    hint: 'Write the title as a sentence or with capitals at its words; where one case is the artist’s own style, tell the DSP.',
    check: ({ titles }, { titles: rules }, dsp) => {
      const languages = rules?.casing_languages;
      return rules?.casing === 'mixed'
        ? titles
            .filter(({ text }) => isOneCase(text))
            .filter(({ language }) => !languages || language === null || languages.includes(primaryLanguage(language)!))
            .map(({ element, text }) =>
              breach(element, `"${text}" is all ${text === text.toLowerCase() ? 'small letters' : 'capitals'}, which ${dsp} does not take`),
            )
        : [];
    },
    given: { titles: { casing: 'mixed' } },
    passes: releaseTitle('Midnight in Lagos'),
    fails: releaseTitle('MIDNIGHT IN LAGOS'),
  },
  {
    code: 'dsp.title_featured_artist',
    clause: 'titles.featured_artists',
    weight: 'asked',
    hint: 'Take the featured artist out of the title and credit them as a featured artist: the DSP shows the name itself.',
    check: ({ titles }, { titles: rules }, dsp) =>
      rules?.featured_artists === false
        ? titles
            .filter(({ text }) => featuring.test(text))
            .map(({ element, text }) => breach(element, `"${text}" names a featured artist; ${dsp} takes those from the credits`))
        : [],
    given: { titles: { featured_artists: false } },
    passes: releaseTitle('No Small Feat'),
    fails: releaseTitle('Lagos Skyline (feat. Tems)'),
  },
  {
    code: 'dsp.title_marketing',
    clause: 'titles.marketing_words',
    weight: 'refused',
    hint: 'Titles stay for good: say what is new, exclusive or on offer elsewhere.',
    check: ({ titles }, { titles: rules }, dsp) =>
      rules?.marketing_words?.length
        ? withWords(
            titles,
            anywhere(rules.marketing_words),
            (word, { text }) => `"${text}" has "${word}", which ${dsp} does not take in a title`,
          )
        : [],
    given: { titles: { marketing_words: ['exclusive', 'limited edition', 'out now'] } },
    passes: releaseTitle('Exclusively Yours'),
    fails: releaseTitle('Midnight in Lagos (Limited  Edition)'),
  },
  {
    code: 'dsp.title_needless_words',
    clause: 'titles.needless_words',
    weight: 'asked',
    hint: 'Leave it out: the standard version needs no name, and the flags say what is explicit or clean.',
    check: ({ titles }, { titles: rules }, dsp) =>
      rules?.needless_words?.length
        ? withWords(titles, asVersion(rules.needless_words), (word, { text }) => `"${text}" has "${word}", which ${dsp} leaves out`)
        : [],
    given: { titles: { needless_words: ['original mix', 'explicit'] } },
    passes: releaseTitle('Explicit Dreams'),
    fails: releaseTitle('Lagos Skyline (Original Mix)'),
  },
  {
    code: 'dsp.explicit_missing',
    clause: 'explicit.required',
    weight: 'asked',
    hint: 'Say of each track whether it is explicit.',
    check: ({ tracks }, { explicit }, dsp) =>
      explicit?.required
        ? tracks
            .filter(({ parentalWarnings }) => parentalWarnings.length === 0)
            .map(({ element, name }) => breach(element, `${name} does not say whether it is explicit, which ${dsp} asks of each track`))
        : [],
    given: { explicit: { required: true } },
    passes: track('<ParentalWarningType>NotExplicit</ParentalWarningType>'),
    fails: track(''),
  },
  {
    code: 'dsp.explicit_value',
    clause: 'explicit.accepted',
    weight: 'asked',
    hint: 'Decide whether the track is explicit: some listeners are not shown what has no answer.',
    check: ({ tracks, parentalWarnings }, { explicit }, dsp) => {
      const accepted = explicit?.accepted;
      return accepted
        ? [...parentalWarnings, ...tracks.flatMap((each) => each.parentalWarnings)]
            .filter(({ text }) => !accepted.includes(text))
            .map(({ element, text }) => breach(element, `ParentalWarningType "${text}" means nothing to ${dsp}`))
        : [];
    },
    given: { explicit: { accepted: ['Explicit', 'NotExplicit', 'ExplicitContentEdited'] } },
    passes: track('<ParentalWarningType>Explicit</ParentalWarningType>'),
    fails: track('<ParentalWarningType>NoAdviceAvailable</ParentalWarningType>'),
  },
  {
    code: 'dsp.role_missing',
    clause: 'roles.wanted',
    weight: 'asked',
    hint: 'Credit who wrote and who produced each track.',
    check: ({ tracks }, { roles }, dsp) =>
      (roles?.wanted ?? []).flatMap((group) =>
        tracks
          .filter((each) => !each.roles.some(({ text }) => group.includes(text)))
          .map(({ element, name }) => breach(element, `${name} credits no ${group.join(' or ')}, which ${dsp} asks for`)),
      ),
    given: { roles: { wanted: [['Composer', 'ComposerLyricist']] } },
    passes: track('<Contributor><Role>Producer</Role><Role>ComposerLyricist</Role></Contributor>'),
    fails: track('<Contributor><Role>StudioProducer</Role></Contributor>'),
  },
  {
    code: 'dsp.role_not_shown',
    clause: 'roles',
    weight: 'asked',
    hint: 'Choose a role that the DSP shows, or accept that this credit stays unseen there.',
    check: ({ tracks }, { roles }, dsp) =>
      roles
        ? tracks
            .flatMap((each) => each.roles)
            .filter(({ text, isUserDefined }) => (isUserDefined && roles.user_defined === false) || roles.ignored?.includes(text))
            .map(({ element, text }) => breach(element, `The role "${text}" is not shown by ${dsp}`))
        : [],
    given: { roles: { user_defined: false, ignored: ['Hairdresser'] } },
    passes: track('<Contributor><Role>Composer</Role></Contributor>'),
    fails: track('<Contributor><Role UserDefinedValue="Whistler" Namespace="x">UserDefined</Role></Contributor>'),
  },
  {
    code: 'dsp.audio_resolution',
    clause: 'audio',
    weight: 'refused',
    hint: 'Upload the master at its own resolution: nothing is gained by converting it.',
    check: ({ tracks }, { audio }, dsp) =>
      tracks
        .flatMap((each) => each.audio)
        .flatMap(({ element, sampleRate, bitDepth }) => {
          if (audio?.min_sample_rate !== undefined && sampleRate !== null && sampleRate < audio.min_sample_rate)
            return [breach(element, `The audio has ${sampleRate} Hz; ${dsp} takes no less than ${audio.min_sample_rate}`)];
          if (audio?.min_bit_depth !== undefined && bitDepth !== null && bitDepth < audio.min_bit_depth)
            return [breach(element, `The audio has ${bitDepth} bits; ${dsp} takes no less than ${audio.min_bit_depth}`)];
          return [];
        }),
    given: { audio: { min_sample_rate: 44_100, min_bit_depth: 16 } },
    passes: track(
      '<SoundRecordingEdition><TechnicalDetails><DeliveryFile><SamplingRate UnitOfMeasure="kHz">44.1</SamplingRate><BitsPerSample>16</BitsPerSample></DeliveryFile></TechnicalDetails></SoundRecordingEdition>',
    ),
    fails: track(
      '<SoundRecordingEdition><TechnicalDetails><DeliveryFile><SamplingRate UnitOfMeasure="Hz">32000</SamplingRate></DeliveryFile></TechnicalDetails></SoundRecordingEdition>',
    ),
  },
  {
    code: 'dsp.artist_name',
    clause: 'artists.refused_names',
    weight: 'refused',
    hint: 'Credit the artists by their own names.',
    check: ({ artists }, { artists: rules }, dsp) => {
      const refused = new Set(rules?.refused_names?.map((name) => name.toLowerCase()));
      return refused.size === 0
        ? []
        : artists
            .filter(({ text }) => refused.has(text.toLowerCase()))
            .map(({ element, text }) => breach(element, `"${text}" is no artist's name to ${dsp}`));
    },
    given: { artists: { refused_names: ['Unknown Artist'] } },
    passes:
      '<PartyList><Party><PartyReference>P1</PartyReference><PartyName><FullName>Ada Okafor</FullName></PartyName></Party></PartyList><ReleaseList><Release><DisplayArtist><ArtistPartyReference>P1</ArtistPartyReference></DisplayArtist></Release></ReleaseList>',
    fails:
      '<PartyList><Party><PartyReference>P1</PartyReference><PartyName><FullName>unknown artist</FullName></PartyName></Party></PartyList><ReleaseList><Release><DisplayArtist><ArtistPartyReference>P1</ArtistPartyReference></DisplayArtist></Release></ReleaseList>',
  },
];

/** What a NewReleaseMessage breaks of a DSP's rules: of each rule the first `maxFindings`. Pure. */
export function checkDsp(message: XmlElement, ernVersion: string, { name, rules }: DspTarget): { rule: DspRule; breach: Breach }[] {
  const facts = messageFacts(message, ernVersion);
  return dspRules.flatMap((rule) =>
    rule
      .check(facts, rules, name)
      .slice(0, maxFindings)
      .map((found) => ({ rule, breach: found })),
  );
}
