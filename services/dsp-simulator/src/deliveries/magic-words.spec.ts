import { askedFailures, askedStatus, magicWords } from './magic-words';

describe('magic words', () => {
  it('are found anywhere in a title, in any case, with what stands after the colon', () => {
    expect(magicWords('Lagos [Slow] at [reject:ResourceCorrupt] night')).toEqual([
      { word: 'slow', detail: null },
      { word: 'reject', detail: 'ResourceCorrupt' },
    ]);
    expect(magicWords('Lagos (reject) [rejected] [reject')).toEqual([]);
    expect(magicWords(null)).toEqual([]);
  });

  it('ask for a file status of the choreography, and get NewReleaseMessageInvalid for any other', () => {
    expect(askedStatus('resourcecorrupt')).toBe('ResourceCorrupt');
    expect(askedStatus('FileOK')).toBe('NewReleaseMessageInvalid');
    expect(askedStatus('Nonsense')).toBe('NewReleaseMessageInvalid');
    expect(askedStatus(null)).toBe('NewReleaseMessageInvalid');
  });

  it('let every upload fail, or as many as they say', () => {
    expect(askedFailures(magicWords('[fail-upload]'))).toBe(Infinity);
    expect(askedFailures(magicWords('[fail-upload:2]'))).toBe(2);
    expect(askedFailures(magicWords('Lagos'))).toBe(0);
  });
});
