import { scanXml } from '../read/scan-xml';
import { checkProfile, profileRules } from './profile-rules';

/** A rule's example as a message: its body, or attributes of the message itself. */
const message = (example: string): string =>
  example.startsWith('<')
    ? `<m ReleaseProfileVersionId="Audio">${example}</m>`
    : `<m ReleaseProfileVersionId="Audio" ${example.replace(/=(\S+)/, '="$1"')}/>`;

describe('release-profile rules', () => {
  const breachesOf = (code: string, body: string): string[] =>
    profileRules
      .find((rule) => rule.code === code)!
      .check(scanXml(message(body)))
      .map((found) => found.message);

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
    const deal = `<DealReleaseReference>R0</DealReleaseReference><Deal><DealTerms><UseType>${use}</UseType></DealTerms></Deal>`;
    const body = `<ResourceList>${recordings}</ResourceList><ReleaseList><Release><ReleaseReference>R0</ReleaseReference></Release></ReleaseList><DealList><ReleaseDeal>${deal}</ReleaseDeal></DealList>`;
    expect(breachesOf('profile.bundle_streaming', body)).toHaveLength(count);
  });

  it.each<[string, string[], string[], string[]]>([
    ['each territory for itself', ['JP 2026-06-01', 'US 2026-06-17'], ['US 2026-06-17'], []],
    [
      'a territory that is late',
      ['JP 2026-06-01', 'US 2026-06-17'],
      ['JP 2026-05-01', 'US 2026-06-18'],
      ['2026-06-18 is after 2026-06-17 in US'],
    ],
    ['a territory without a date of its own', ['Worldwide 2026-06-17'], ['US 2026-06-18'], ['2026-06-18 is after 2026-06-17 in US']],
    [
      'a territory without an original date of its own',
      ['JP 2026-06-01', ' 2026-06-17'],
      [' 2026-06-17'],
      ['2026-06-17 is after 2026-06-01 in JP'],
    ],
    ['the world beside a territory', ['JP 2026-06-01', ' 2026-06-17'], ['Worldwide 2026-06-17', 'JP 2026-06-01'], []],
    ['a default of several territories', ['US* 2026-06-17', 'JP 2026-06-01'], ['GB 2026-06-18'], ['2026-06-18 is after 2026-06-17 in GB']],
    ['territories that have nothing in common', ['JP 2026-06-01'], ['US 2026-06-17'], []],
    [
      'years and months',
      ['US 2026-06', 'GB 2026-06-17', 'JP 2026'],
      ['US 2026-06-30', 'GB 2026', 'JP 2027-01'],
      ['2027-01 is after 2026 in JP'],
    ],
  ])('original release dates are compared with release dates by territory: %s', (_what, dates, originals, expected) => {
    const listed = (name: string, items: string[]): string =>
      items
        .map((item) => /^(\w*)(\*?) (.+)$/.exec(item)!)
        .map(
          ([, territory, isDefault, date]) =>
            `<${name}${territory ? ` ApplicableTerritoryCode="${territory}"` : ''}${isDefault ? ' IsDefault="true"' : ''}>${date}</${name}>`,
        )
        .join('');
    const body = `<ReleaseList><Release>${listed('ReleaseDate', dates)}${listed('OriginalReleaseDate', originals)}</Release></ReleaseList>`;
    expect(breachesOf('profile.original_date_order', body)).toEqual(expected.map((text) => `Original release date ${text}`));
  });

  it.each<[string, string, boolean]>([
    ['2026-06-17T00:00:00', '2026-06-17T00:00:00', true],
    ['2026-06-17T00:00:00', '2026-06-16T23:59:59', false],
    ['2026-06-17T00:00:00', '2026-05-01T00:00:00Z', false],
    ['2026-06-17T00:00:00', '2026-06-16T10:00:00Z', true],
    ['2026-06-17T00:00:00', '2026-06-16T09:59:59Z', false],
    ['2026-06-17T00:00:00Z', '2026-06-16T10:00:00', true],
    ['2026-06-17T00:00:00Z', '2026-06-16T09:59:59', false],
    ['2026-06-17T00:00:00+09:00', '2026-06-16T15:00:00Z', true],
    ['2026-06-17T00:00:00+09:00', '2026-06-16T14:59:59.999Z', false],
    ['2026-06-17T00:00:00-05:00', '2026-06-17T01:00:00Z', false],
    ['2026-06-17T10:00:00.5', '2026-06-17T10:00:00.25', false],
    ['2026-06-17T00:00:00', 'never', true],
    ['2026-06-17T25:00:00', '2026-06-16T00:00:00', true],
    ['2026-06-17', '2026-06-17', true],
    ['2026-06-17', '2026-06-16', false],
    ['2026-06-17', '2026-06', true],
    ['2026-06-17', '2026-05', false],
    ['2026-06-17', '2026', true],
    ['2026', '2026-06-17', true],
    ['2026-06-17T18:00:00', '2026-06-17', true],
    ['2026-06-17T18:00:00', '2026-06-16', false],
  ])('a deal from %s to %s is possible: %s', (start, end, isPossible) => {
    const element = (which: string, text: string): string => {
      const name = `${which}Date${/^\d{4}(-\d\d){0,2}$/.test(text) ? '' : 'Time'}`;
      return `<${name}>${text}</${name}>`;
    };
    const period = `<ValidityPeriod>${element('Start', start)}${element('End', end)}</ValidityPeriod>`;
    const body = `<DealList><ReleaseDeal><Deal><DealTerms>${period}</DealTerms></Deal></ReleaseDeal></DealList>`;
    expect(breachesOf('profile.deal_period', body)).toEqual(isPossible ? [] : ['The deal ends before it begins']);
  });

  it('of ERN 3 ask what is asked of tracks of no recording that is secondary in each of its releases', () => {
    const item = (n: number): string => `<SoundRecording><ResourceReference>A${n}</ResourceReference></SoundRecording>`;
    const reference = (n: number, type: string): string =>
      `<ReleaseResourceReference ReleaseResourceType="${type}Resource">A${n}</ReleaseResourceReference>`;
    const release = (...inside: string[]): string =>
      `<Release><ReleaseResourceReferenceList>${inside.join('')}</ReleaseResourceReferenceList></Release>`;
    const releases =
      release(reference(1, 'Primary'), reference(2, 'Secondary'), reference(3, 'Secondary')) + release(reference(3, 'Primary'));
    const body = `<ResourceList>${[1, 2, 3, 4].map(item).join('')}</ResourceList><ReleaseList>${releases}</ReleaseList>`;
    for (const rule of ['isrc_missing', 'track_release_missing'])
      expect(breachesOf(`profile3.${rule}`, body).map((text) => /A\d/.exec(text)![0])).toEqual(['A1', 'A3', 'A4']);
    const flagged = (flag: string): string => `<Release IsMainRelease="${flag}"/>`;
    expect(breachesOf('profile3.main_release', `<ReleaseList>${flagged('1')}${flagged('false')}</ReleaseList>`)).toEqual([]);
    expect(breachesOf('profile3.main_release', `<ReleaseList>${flagged('1')}${flagged('true')}</ReleaseList>`)).toHaveLength(1);
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
