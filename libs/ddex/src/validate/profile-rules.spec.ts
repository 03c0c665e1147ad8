import { scanXml } from '../read/scan-xml';
import { checkProfile, profileRules } from './profile-rules';

/** A rule's example as a message: its body, or attributes of the message itself. */
const message = (example: string): string =>
  example.startsWith('<')
    ? `<m ReleaseProfileVersionId="Audio">${example}</m>`
    : `<m ReleaseProfileVersionId="Audio" ${example.replace(/=(\S+)/, '="$1"')}/>`;

describe('release-profile rules', () => {
  it.each(profileRules.map((rule) => [rule.code, rule] as const))(
    '%s passes its passing example and finds its failing one',
    (_code, rule) => {
      expect(rule.check(scanXml(message(rule.passes)))).toEqual([]);
      expect(rule.check(scanXml(message(rule.fails))).length).toBeGreaterThan(0);
    },
  );

  it('have codes of their own and a hint each', () => {
    expect(new Set(profileRules.map((rule) => rule.code)).size).toBe(profileRules.length);
    for (const rule of profileRules) expect(rule.hint).toMatch(/\.$/);
  });

  it.each([
    ['permanent downloads of a release of several tracks', 0, '<SoundRecording/><SoundRecording/>', 'PermanentDownload'],
    ['streams of a release of one track', 0, '<SoundRecording/><SoundRecording IsSupplemental=" true "/>', 'OnDemandStream'],
    ['streams of a release of several tracks', 1, '<SoundRecording/><SoundRecording IsSupplemental="false"/>', 'OnDemandStream'],
  ])('a bundle deal may license %s: %d breaches', (_what, count, recordings, use) => {
    const rule = profileRules.find(({ code }) => code === 'profile.bundle_streaming')!;
    const deal = `<DealReleaseReference>R0</DealReleaseReference><Deal><DealTerms><UseType>${use}</UseType></DealTerms></Deal>`;
    const body = `<ResourceList>${recordings}</ResourceList><ReleaseList><Release><ReleaseReference>R0</ReleaseReference></Release></ReleaseList><DealList><ReleaseDeal>${deal}</ReleaseDeal></DealList>`;
    expect(rule.check(scanXml(message(body)))).toHaveLength(count);
  });

  it('count every breach and keep the first hundred of each rule', () => {
    const broken = checkProfile(scanXml(`<m><ResourceList>${'<SoundRecording/>'.repeat(5000)}</ResourceList></m>`), '4.3');
    const missing = broken.find(({ rule }) => rule.code === 'profile.isrc_missing')!;
    expect(missing.count).toBe(5000);
    for (const { breaches, count } of broken) expect(breaches).toHaveLength(Math.min(count, 100));
  });

  it('leave other profiles than the audio ones alone, and TrackReleases out of simple singles', () => {
    const found = (profile: string, version = '4.3'): string[] =>
      checkProfile(
        scanXml(
          `<m ReleaseProfileVersionId="${profile}"><ResourceList><SoundRecording><ResourceReference>A1</ResourceReference></SoundRecording></ResourceList></m>`,
        ),
        version,
      ).map(({ rule }) => rule.code);
    expect(found('Video')).toEqual([]);
    expect(found('Audio')).toContain('profile.track_release_missing');
    expect(found('SimpleAudioSingle')).not.toContain('profile.track_release_missing');
    expect(found('CommonReleaseTypes/14/AudioAlbumMusicOnly', '3.8.2')).toEqual(['profile3.isrc_missing', 'profile3.front_cover']);
    expect(found('CommonReleaseTypes/14/VideoSingle', '3.8.2')).toEqual([]);
  });
});
