import fc from 'fast-check';
import { ernVersions } from '../src/grammar/versions';
import { mintGrid, mintUpc } from '../src/identifiers/products';
import { mintIsrc } from '../src/identifiers/recordings';
import { animatedArtworkKinds, monetizationPolicies, type ReleaseForDsp, type TrackInput } from '../src/model/input';

// Words of many scripts, right-to-left and joined ones too, emoji with modifiers, all that XML treats as special, and what it cannot hold.
const fragments =
  'Lagos|Òjò Òru Èkó|ラゴスの真夜中|拉各斯午夜|Минуит|Ελλάδα|مرحبا|שלום|नमस्ते|ไทย|한국어|ქართული|አማርኛ|ᏣᎳᎩ|Ⅻ|é|e\u0301|ﬁ|👩🏽‍🚀|🇳🇬|😀|𝔘|𠮷|\u200f|\u00a0|<b>|&amp;|&|"|\'|]]>|--|<!--|<?x?>|%s|\\|\0|\u0007|\uFFFE|\uD83D|\t|\n| |(Live)|[Remix]|feat.'.split(
    '|',
  );
const words = fc.array(fc.constantFrom(...fragments), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(' '));
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 3 });
const tags = fc.constantFrom('en', 'fr', 'zh-CN', 'zh-Hans', 'yo', 'ar', 'pt_BR', 'es-419', 'de-1996', 'sr-Latn-RS', 'x', 'EN');
const titles = maybe(fc.dictionary(tags, words, { maxKeys: 4 }));
const dates = fc
  .integer({ min: 0, max: 20_000 })
  .map((day) => new Date(Date.UTC(1975, 0, 1) + day * 86_400_000).toISOString().slice(0, 10));
const credit = fc.record({
  id: maybe(fc.uuid()),
  name: words,
  role: maybe(fc.constantFrom('main' as const, 'featured' as const, 'remixer' as const)),
  isni: maybe(fc.constantFrom('0000000121032683', 'bad')),
});
const roles = fc.constantFrom(
  'producer',
  'featured_artist',
  'guest_artist',
  'instrumentalist',
  'other',
  'styled_by',
  'composer_lyricist',
  'Composer',
  'Whistler',
  'toString',
);
const contributor = fc.record({
  name: words,
  role: roles,
  roleDetail: maybe(fc.constantFrom('Drums', 'nose flute', 'Talking Drum')),
  ipi: maybe(fc.constantFrom('123456789', '1')),
  order: maybe(fc.nat(9)),
  ai: maybe(fc.constantFrom('All' as const, 'Partly' as const)),
});
const publisher = fc.record({
  name: words,
  ipi: maybe(fc.constant('987654321')),
  sharePercent: maybe(fc.double({ min: 0, max: 100, noNaN: true })),
  isAdministrator: maybe(fc.boolean()),
  territoryCodes: maybe(fc.subarray(['NG', 'GH', 'ZA'])),
});
const audio = fc.record({
  source: fc.constant('audio/x'),
  format: fc.constantFrom('wav' as const, 'flac' as const),
  bitDepth: maybe(fc.constantFrom(16, 24)),
  sampleRate: maybe(fc.constantFrom(44_100, 96_000)),
  channels: maybe(fc.constantFrom(1, 2, 6, 8, 12)),
  md5: maybe(fc.constant('d41d8cd98f00b204e9800998ecf8427e')),
  sizeBytes: maybe(fc.integer({ min: 1, max: 2 ** 31 })),
});

const trackParts = fc.record({
  title: words,
  versionTitle: maybe(words),
  durationMs: maybe(fc.integer({ min: 0, max: 86_400_000 })),
  explicit: maybe(fc.boolean()),
  isClean: maybe(fc.boolean()),
  language: maybe(tags),
  artists: fc.array(credit, { maxLength: 3 }),
  contributors: maybe(fc.array(contributor, { maxLength: 4 })),
  publishers: maybe(fc.array(publisher, { maxLength: 2 })),
  iswc: maybe(fc.constantFrom('T-034.524.680-1', 'T1234567890', 'bad')),
  pLine: maybe(words),
  localizedTitles: titles,
  localizedVersions: titles,
  audio: maybe(audio),
  immersive: maybe(audio),
  lyricsLanguages: maybe(fc.uniqueArray(tags, { maxLength: 3 })),
  isInstrumental: maybe(fc.boolean()),
  containsAi: maybe(fc.constantFrom('All' as const, 'Partly' as const, 'None' as const)),
});
const animated = fc.record({
  kind: fc.constantFrom(...animatedArtworkKinds),
  source: fc.constant('motion/x'),
  format: fc.constantFrom('mp4' as const, 'mov' as const, 'webm' as const, 'gif' as const),
  codec: maybe(fc.constantFrom('h264' as const, 'hevc' as const, 'prores' as const)),
  width: maybe(fc.constant(1080)),
  height: maybe(fc.constant(1920)),
  durationMs: maybe(fc.integer({ min: 1, max: 60_000 })),
  md5: maybe(fc.constant('d41d8cd98f00b204e9800998ecf8427e')),
  sizeBytes: maybe(fc.integer({ min: 1, max: 50_000_000 })),
});

/** Releases as they stand for a DSP: every feature, every script, 1 to 200 tracks, all versions of ERN. */
export const releases: fc.Arbitrary<ReleaseForDsp> = fc
  .record({
    // Some parts are made anew and then repeated: 200 tracks that all differ would test fast-check, not us.
    parts: fc.array(trackParts, { minLength: 1, maxLength: 3 }),
    count: fc.oneof(
      { weight: 30, arbitrary: fc.integer({ min: 1, max: 3 }) },
      { weight: 4, arbitrary: fc.integer({ min: 4, max: 20 }) },
      { weight: 1, arbitrary: fc.integer({ min: 21, max: 200 }) },
    ),
    number: fc.nat(9999),
    release: fc.record({
      id: fc.uuid(),
      title: words,
      versionTitle: maybe(words),
      type: fc.constantFrom('single' as const, 'ep' as const, 'album' as const, 'compilation' as const),
      releaseDate: maybe(dates),
      genre: maybe(words),
      subgenre: maybe(words),
      language: maybe(tags),
      label: maybe(words),
      copyrightYear: maybe(fc.integer({ min: 1860, max: 2100 })),
      copyrightHolder: maybe(words),
      pLine: maybe(words),
      explicit: maybe(fc.boolean()),
      artists: fc.array(credit, { maxLength: 4 }),
      localizedTitles: titles,
      containsAi: maybe(fc.constantFrom('All' as const, 'Partly' as const)),
    }),
    animatedArtwork: maybe(fc.uniqueArray(animated, { selector: (cover) => cover.kind, maxLength: 3 })),
    dsp: fc.record({
      ernVersion: fc.constantFrom(...ernVersions),
      supportsAtmos: fc.boolean(),
      animatedArtwork: fc.subarray([...animatedArtworkKinds]),
      territories: fc.constantFrom('worldwide' as const, ['JP'], ['US', 'NG']),
    }),
    config: fc.record({
      monetizationPolicies: fc.subarray([...monetizationPolicies]),
      pricing: maybe(
        fc.record({ trackMinor: maybe(fc.nat(9999)), albumMinor: maybe(fc.nat(99_999)), currency: fc.constantFrom('USD', 'JPY', 'KWD') }),
      ),
      territories: fc.record({
        mode: fc.constantFrom('worldwide' as const, 'include' as const, 'exclude' as const),
        codes: fc.subarray(['NG', 'US', 'JP', 'GB']),
      }),
      releaseDate: maybe(dates),
      preorderDate: maybe(dates),
      releaseInstant: maybe(dates.map((day) => `${day}T15:00:00Z`)),
      isTestDelivery: fc.boolean(),
      sentOnBehalfOf: maybe(fc.constant({ dpid: 'PADPIDA2013042401U', name: 'A & B' })),
    }),
    includesFiles: fc.boolean(),
    takedown: fc.constantFrom(undefined, undefined, 'end_deals' as const, 'no_deals' as const),
  })
  .map(({ parts, count, number, release, animatedArtwork, dsp, config, takedown, includesFiles }) => ({
    message: {
      id: 'TG-1',
      createdAt: '2026-05-18T11:54:00Z',
      includesFiles,
      ...(takedown ? { takedown: { strategy: takedown, at: '2026-05-18T11:54:00Z' } } : {}),
    },
    sender: { dpid: 'PADPIDA2026012301U', name: 'ToneGrid' },
    dsp: { slug: 'spotify', name: 'Spotify', dpid: 'PADPIDA2011072101T', ...dsp },
    release: { ...release, upc: mintUpc('195497', number, 13), grid: mintGrid('2425G', number) },
    tracks: Array.from({ length: count }, (_, index): TrackInput => {
      const part = parts[index % parts.length]!;
      const immersive = part.immersive ? { isrc: mintIsrc('NGTON', 27, index + 1), audio: part.immersive } : null;
      return { ...part, immersive, id: `${release.id}-${index}`, position: index + 1, isrc: mintIsrc('NGTON', 26, index + 1) };
    }),
    animatedArtwork,
    artwork: { source: 'artwork/x', format: 'jpeg' as const, width: 3000, height: 3000 },
    config,
  }));
