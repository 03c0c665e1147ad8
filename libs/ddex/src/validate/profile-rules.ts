import { attributeOf } from '../read/find';
import type { XmlElement } from '../read/scan-xml';
import { contentRules } from './content-rules';
import { identifierRules } from './identifier-rules';
import type { Breach, ProfileRule } from './profile-rule';

/** Every rule of the audio profiles that is checked. */
export const profileRules: readonly ProfileRule[] = [...identifierRules, ...contentRules];

const audioProfiles: ReadonlySet<string> = new Set(['Audio', 'SimpleAudioSingle']);

/** What a NewReleaseMessage of ERN 4 breaks of the release profiles. Other profiles than the audio ones are not judged. */
export function checkProfile(message: XmlElement): { rule: ProfileRule; breach: Breach }[] {
  const profile = attributeOf(message, 'ReleaseProfileVersionId') ?? 'Audio';
  if (!audioProfiles.has(profile)) return [];
  return profileRules
    .filter((rule) => !rule.profiles || rule.profiles.includes(profile))
    .flatMap((rule) => rule.check(message).map((found) => ({ rule, breach: found })));
}
