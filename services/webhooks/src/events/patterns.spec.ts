import { canonicalPattern, matches, patternsTaking, takesAny } from './patterns';

const types = [
  'release.created',
  'release.dsp.spotify.live',
  'release.dsp.applemusic.taken_down',
  'ingestion.accepted',
  'track.audio.processed',
];

test.each([
  ['*', 'release.dsp.spotify.live', true],
  ['release.created', 'release.created', true],
  ['release.created', 'release.created.x', false],
  ['release.*', 'release.created', true],
  ['release.*', 'release.dsp.spotify.live', true],
  ['release.*', 'release', false],
  ['release.dsp.*', 'release.dsp.spotify.live', true],
  ['release.dsp.*.*', 'release.dsp.spotify.live', true],
  ['release.dsp.*.live', 'release.dsp.spotify.live', true],
  ['release.dsp.*.live', 'release.dsp.spotify.failed', false],
  ['release.*.live', 'release.dsp.spotify.live', false],
  ['*.accepted', 'ingestion.accepted', true],
  ['*.accepted', 'release.dsp.spotify.accepted', false],
  ['release.dsp.spot*', 'release.dsp.spotify', false],
  ['rel*', 'release', false],
  ['ingestion.*', 'ingestion.accepted', true],
  ['*.*', 'release', false],
])('%s takes %s: %p', (pattern, type, expected) => expect(matches(pattern, type)).toBe(expected));

test('the patterns that take a type are just those that match it', () => {
  for (const type of types) {
    const taking = patternsTaking(type);
    expect(new Set(taking).size).toBe(taking.length);
    for (const pattern of taking) expect([pattern, matches(pattern, type)]).toEqual([pattern, true]);
    // Every pattern of up to five parts over the parts of all types and `*`.
    const words = ['*', ...new Set(types.flatMap((other) => other.split('.')))];
    let all = words.map((word) => [word]);
    for (let length = 1; length <= 4; length += 1) {
      for (const parts of all) expect([parts, taking.includes(parts.join('.'))]).toEqual([parts, matches(parts.join('.'), type)]);
      if (length < 4)
        all = all.flatMap((parts) =>
          parts.some((part) => part !== '*' && !type.includes(part)) ? [] : words.map((word) => [...parts, word]),
        );
    }
  }
});

test('a slug in another spelling becomes the canonical one, and nothing else changes', () => {
  expect(canonicalPattern('release.dsp.apple_music.live')).toBe('release.dsp.applemusic.live');
  expect(canonicalPattern('release.dsp.Apple-Music.*')).toBe('release.dsp.applemusic.*');
  expect(canonicalPattern('release.dsp.*.taken_down')).toBe('release.dsp.*.taken_down');
  expect(canonicalPattern('royalty_statement.ready')).toBe('royalty_statement.ready');
});

test('a pattern is known when it takes at least one event', () => {
  expect(takesAny('release.dsp.*.live', types)).toBe(true);
  for (const pattern of [
    '',
    '.',
    'release.',
    'Release.created',
    'release.dsp.spotify.totallyfake',
    'release.dsp.*.nothing',
    'release created',
    '**',
    'release.>',
  ])
    expect([pattern, takesAny(pattern, types)]).toEqual([pattern, false]);
});
