import { namesAtDsp } from './names-at-dsp';

const spotify = { live_url: 'https://open.spotify.com/album/{id}', dsp_release_id: 'spotify:album:{id}' };
const bare = { live_url: null, dsp_release_id: null };

describe('how a DSP names a release', () => {
  it('follows from its id alone', () => {
    const names = { dspReleaseId: 'spotify:album:7v0Y', liveUrl: 'https://open.spotify.com/album/7v0Y' };
    expect(namesAtDsp(spotify, { id: '7v0Y' })).toEqual(names);
    expect(namesAtDsp(spotify, { id: 'spotify:album:7v0Y' })).toEqual(names);
  });

  it('is as the DSP says where there is no template', () => {
    expect(namesAtDsp(bare, { id: '7v0Y' })).toEqual({ dspReleaseId: '7v0Y', liveUrl: null });
    expect(namesAtDsp(spotify, { id: 'x', liveUrl: 'https://elsewhere/x' }).liveUrl).toBe('https://elsewhere/x');
    expect(namesAtDsp(spotify, {})).toEqual({ dspReleaseId: null, liveUrl: null });
  });

  it('cannot lead the address elsewhere', () => {
    expect(namesAtDsp(spotify, { id: '../../x?y' }).liveUrl).toBe('https://open.spotify.com/album/..%2F..%2Fx%3Fy');
  });
});
