import { attributeOf } from '../read/find';
import type { XmlElement } from '../read/scan-xml';
import { contentRules } from './content-rules';
import { ern3Rules } from './ern3-rules';
import { identifierRules } from './identifier-rules';
import type { Breach, ProfileRule } from './profile-rule';
import { maxFindings } from './report';

/** Every rule of the audio profiles that is checked, of both generations of the standard. */
export const profileRules: readonly ProfileRule[] = [...identifierRules, ...contentRules, ...ern3Rules];

const audioProfiles: ReadonlySet<string> = new Set(['Audio', 'SimpleAudioSingle']);
/** The name at the end of `CommonReleaseTypes/14/AudioAlbumMusicOnly`; older messages write it with spaces. */
const audioProfiles3 = /(^|\/)\s*(Simple)?\s*Audio\s*(Single|Album)/i;
/** Whether a profile is one of ERN 3's for audio; `SimpleAudioSingle` by itself is ERN 4's. */
export const isAudioProfile3 = (profile: string): boolean => !audioProfiles.has(profile) && audioProfiles3.test(profile);

function rulesFor(message: XmlElement, ernVersion: string): readonly ProfileRule[] {
  const profile = attributeOf(message, 'ReleaseProfileVersionId');
  if (ernVersion.startsWith('3.')) return profile === undefined || audioProfiles3.test(profile) ? ern3Rules : [];
  const name = profile ?? 'Audio';
  if (!audioProfiles.has(name)) return [];
  return profileRules.filter((rule) => rule.generation === undefined && (!rule.profiles || rule.profiles.includes(name)));
}

/** How often a message breaks one rule, and where first. */
export interface RuleBroken {
  rule: ProfileRule;
  /** The first `maxFindings`: a hostile message breaks a rule a hundred thousand times. */
  breaches: Breach[];
  count: number;
}

/** What a NewReleaseMessage breaks of the release profiles. Other profiles than the audio ones are not judged. */
export const checkProfile = (message: XmlElement, ernVersion: string): RuleBroken[] =>
  rulesFor(message, ernVersion).flatMap((rule) => {
    const breaches = rule.check(message);
    return breaches.length === 0 ? [] : [{ rule, breaches: breaches.slice(0, maxFindings), count: breaches.length }];
  });
