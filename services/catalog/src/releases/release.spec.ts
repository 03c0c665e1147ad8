import {
  assertDeletable,
  assertSubmittable,
  assertUnlocked,
  editing,
  isBehind,
  statusAfter,
  type DspState,
  type ReleaseStatus,
} from './release';

const statuses: ReleaseStatus[] = ['draft', 'pending', 'approved', 'rejected', 'live', 'taken_down'];
const codeOf = (work: () => void): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('what may be changed follows from the status', () => {
  expect(statuses.map(editing)).toEqual(['free', 'free', 'corrections', 'free', 'corrections', 'closed']);
});

test('only draft and rejected releases can be deleted or submitted', () => {
  const passes = { trackCount: 1, dspCount: 1, releaseDate: '2026-01-01', hasArtwork: true, audio: ['processed'] };
  expect(statuses.filter((status) => !codeOf(() => assertDeletable({ status })))).toEqual(['draft', 'rejected']);
  expect(statuses.filter((status) => !codeOf(() => assertSubmittable({ status, ...passes })))).toEqual(['draft', 'rejected']);
});

test('of several gates the first in the documented order is named', () => {
  const nothing = { status: 'live' as ReleaseStatus, trackCount: 0, dspCount: 0, releaseDate: null, hasArtwork: false, audio: ['pending'] };
  const fixes = [
    {},
    { status: 'draft' as const },
    { trackCount: 1 },
    { dspCount: 1 },
    { releaseDate: '2026-01-01' },
    { hasArtwork: true },
    { audio: ['processing'] },
  ];
  let submission = nothing as Parameters<typeof assertSubmittable>[0];
  const codes = fixes.map((fix) => codeOf(() => assertSubmittable((submission = { ...submission, ...fix }))));
  expect(codes).toEqual([
    'release.not_submittable',
    'release.no_tracks',
    'release.no_stores',
    'release.no_release_date',
    'release.no_artwork',
    'release.audio_missing',
    undefined,
  ]);
});

test('audio that was refused does not pass the gate', () => {
  const submission = { status: 'draft' as const, trackCount: 2, dspCount: 1, releaseDate: '2026-01-01', hasArtwork: true };
  expect(codeOf(() => assertSubmittable({ ...submission, audio: ['processed', 'failed'] }))).toBe('release.audio_missing');
});

test('locked fields are locked only where corrections are all that is left', () => {
  expect(codeOf(() => assertUnlocked({ status: 'pending' }, ['upc'], ['upc', 'type']))).toBeUndefined();
  expect(codeOf(() => assertUnlocked({ status: 'live' }, ['title'], ['upc', 'type']))).toBeUndefined();
  expect(codeOf(() => assertUnlocked({ status: 'live' }, ['title', 'type'], ['upc', 'type']))).toBe('release.field_locked');
});

const at = (status: string, deliveredRevision: number | null = null): DspState => ({ dsp: 'x', status, deliveredRevision });

test('the first live DSP makes an approved release live, and no other', () => {
  expect(statusAfter('approved', [at('pending'), at('live')])).toBe('live');
  expect(statusAfter('draft', [at('live')])).toBe('draft');
  expect(statusAfter('taken_down', [at('live')])).toBe('taken_down');
});

test('a release is taken down when every DSP that had it has taken it down', () => {
  expect(statusAfter('live', [at('taken_down'), at('live')])).toBe('live');
  expect(statusAfter('live', [at('taken_down'), at('pending')])).toBe('live');
  expect(statusAfter('live', [at('taken_down'), at('rejected'), at('failed')])).toBe('taken_down');
  expect(statusAfter('live', [at('rejected')])).toBe('live');
});

test('a release is behind while a DSP shows an older revision', () => {
  expect(isBehind(3, [])).toBeUndefined();
  expect(isBehind(3, [at('submitted')])).toBeUndefined();
  expect(isBehind(3, [at('live', 3), at('update_submitted', 2)])).toBe(true);
  expect(isBehind(3, [at('live', 3), at('taken_down', 1), at('pending')])).toBe(false);
});
