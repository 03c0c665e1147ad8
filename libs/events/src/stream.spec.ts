import { matches } from './consumer-session';
import { nanoseconds, streamName, subjectOf } from './stream';

test('names of stream and subject', () => {
  expect(streamName('sandbox')).toBe('TONEGRID_SANDBOX');
  expect(subjectOf('sandbox', 'release.dsp.spotify.live')).toBe('tonegrid.sandbox.release.dsp.spotify.live');
});

test('a time as text and as the client parses it from an acknowledgement subject are the same number', () => {
  for (const [text, nanos] of [
    ['2026-11-24T00:11:50.396123999Z', '1795479110396123999'],
    ['2026-11-24T00:11:50.3961Z', '1795479110396100000'],
    ['2026-11-24T00:11:50Z', '1795479110000000000'],
  ] as const) {
    expect(nanoseconds(text)).toBe(parseInt(nanos, 10));
  }
});

test.each([
  ['a.>', 'a.b.c', true],
  ['a.>', 'a', false],
  ['a.*', 'a.b', true],
  ['a.*', 'a.b.c', false],
  ['a.*.c', 'a.b.c', true],
  ['a.b', 'a.b', true],
  ['a.b', 'a.b.c', false],
])('pattern %s and subject %s: %s', (pattern, subject, expected) => expect(matches(pattern, subject)).toBe(expected));
