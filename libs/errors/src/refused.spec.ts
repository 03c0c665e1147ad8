import { invalid, Refused } from './refused';
import { errorTable, type ErrorCode } from './table';

test('a refusal says its code, its text and its status', () => {
  const refused = new Refused('release.not_found');
  expect(refused).toBeInstanceOf(Error);
  expect([refused.name, refused.code, refused.message, refused.status]).toEqual([
    'Refused',
    'release.not_found',
    'Release not found.',
    404,
  ]);
  expect([refused.fields, refused.retryAfterSeconds]).toEqual([undefined, undefined]);
});

test('one field that is wrong is told with the text of the refusal', () => {
  expect(new Refused('track.position_taken', { field: 'tracks.1.position' }).fields).toEqual({
    'tracks.1.position': ['Another track of the release already has this position.'],
  });
});

test('all fields that are wrong are told as they were given', () => {
  const fields = { 'tracks.1.isrc': ['wrong', 'really'], title: ['The title field is required.'] };
  const refused = invalid(fields);
  expect([refused.code, refused.status, refused.message, refused.fields]).toEqual(['validation.failed', 422, 'Validation failed', fields]);
});

describe('words in braces', () => {
  const valuesOf = (code: ErrorCode): Record<string, string> =>
    Object.fromEntries([...errorTable[code].message.matchAll(/\{(\w+)\}/g)].map(([, name], place) => [name!, `value ${place}`]));
  const templates = (Object.keys(errorTable) as ErrorCode[]).filter((code) => errorTable[code].message.includes('{'));

  test.each(templates)('of %s are filled in, and none is left', (code) => {
    const params = valuesOf(code);
    const { message } = new Refused(code, { params });
    expect(message).not.toMatch(/[{}]/);
    for (const value of Object.values(params)) expect(message).toContain(value);
  });

  test('are filled in to the letter of the reference', () => {
    expect(new Refused('delivery.blocked', { params: { dsp: 'Spotify' } }).message).toBe(
      'Delivery to Spotify is blocked via per-DSP override (is_blocked=true).',
    );
    expect(new Refused('dsp.not_found', { params: { slug: 'napster' } }).message).toBe("DSP 'napster' not found or inactive.");
    expect(new Refused('webhook.unknown_events', { params: { patterns: 'release.*.foo, a' } }).message).toBe(
      'Unknown event pattern(s): release.*.foo, a.',
    );
  });

  test('take a value as it is: what looks like a brace or a replacement in it stays', () => {
    for (const slug of ['{slug}', '{status}', '$&', "$'", '$1', '0'])
      expect(new Refused('dsp.not_found', { params: { slug } }).message).toBe(`DSP '${slug}' not found or inactive.`);
    expect(new Refused('ddex.invalid', { params: { count: 0, release: 'r', slug: 's' } }).message).toMatch(/^The message has 0 error/);
  });

  test('that nobody gave a value are a bug and show, rather than read "undefined"', () => {
    expect(new Refused('dsp.not_found').message).toBe("DSP '{slug}' not found or inactive.");
  });
});

test('a refusal restored from another process is the same refusal, its text as it was filled in there', () => {
  const fields = { dsp: ['x'] };
  const restored = Refused.restore('delivery.blocked', 'Delivery to {x} is blocked.', fields, 7);
  expect(restored).toBeInstanceOf(Refused);
  expect(restored).toMatchObject({
    code: 'delivery.blocked',
    status: 409,
    message: 'Delivery to {x} is blocked.',
    fields,
    retryAfterSeconds: 7,
  });
});
