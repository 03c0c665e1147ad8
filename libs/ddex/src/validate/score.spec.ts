import type { Finding, Report } from './report';
import { acceptanceScore } from './score';

const finding = (code: string, more: Partial<Finding> = {}): Finding => ({
  stage: 'dsp',
  level: 'warning',
  severity: 'warning',
  line: 1,
  column: 1,
  code,
  message: `${code} is broken`,
  hint: 'Mend it.',
  ...more,
});
const scored = (...errors: Finding[]) => acceptanceScore({ errors } as Report);

describe('an acceptance score', () => {
  it('is 100 where nothing was found', () => expect(scored()).toEqual({ score: 100, lowered_by: [] }));

  it('is 0 for a message with an error, whatever else is right', () =>
    expect(scored(finding('profile.isrc_missing', { stage: 'profile', severity: 'error' }))).toEqual({
      score: 0,
      lowered_by: [{ code: 'profile.isrc_missing', points: 100, count: 1, message: 'profile.isrc_missing is broken', hint: 'Mend it.' }],
    }));

  it('falls by kind, and once for a mistake that is made on every track', () => {
    const many = Array.from({ length: 20 }, () => finding('dsp.role_missing', { weight: 'asked' }));
    const { score, lowered_by } = scored(
      ...many,
      finding('dsp.artwork_too_small', { weight: 'refused' }),
      finding('profile.first_publication', { stage: 'profile' }),
    );
    expect(lowered_by.map(({ code, points, count }) => [code, points, count])).toEqual([
      ['dsp.artwork_too_small', 30, 1],
      ['dsp.role_missing', 12, 20],
      ['profile.first_publication', 3, 1],
    ]);
    expect(score).toBe(55);
  });

  it('never falls below 0', () =>
    expect(scored(...['a', 'b', 'c', 'd', 'e'].map((code) => finding(code, { weight: 'refused' }))).score).toBe(0));
});
