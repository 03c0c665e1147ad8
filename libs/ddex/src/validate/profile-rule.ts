import { attributeOf, path, textAt } from '../read/find';
import type { XmlElement } from '../read/scan-xml';

/** What breaks a rule, and where. */
export interface Breach {
  element: XmlElement;
  /** The attribute that it is about, where the element has it. */
  attribute?: string;
  message: string;
}

/**
 * A rule of the release profiles (ERN 4 part 2; for ERN 3 the release profiles 1.4). `clause` is the standard's; `passes` and `fails` are message bodies that the
 * test runs each rule against. Only what holds unconditionally is an error: the rest is a warning.
 */
export interface ProfileRule {
  code: string;
  clause: string;
  severity: 'error' | 'warning';
  hint: string;
  /** Profiles that the rule is for; all audio profiles when left out. */
  profiles?: readonly string[];
  /** The generation of the standard that the rule is about: ERN 4 unless it says 3. */
  generation?: 3;
  check(message: XmlElement): Breach[];
  passes: string;
  fails: string;
}

export const recordings = (message: XmlElement): XmlElement[] => path(message, 'ResourceList', 'SoundRecording');
/** Whether an xs:boolean says yes. */
export const isTrue = (flag: string | undefined): boolean => flag !== undefined && /^\s*(true|1)\s*$/.test(flag);
/** Recordings that are part of a release: supplemental ones only accompany it. */
export const primary = (message: XmlElement): XmlElement[] =>
  recordings(message).filter((item) => !isTrue(attributeOf(item, 'IsSupplemental')));
export const mainRelease = (message: XmlElement): XmlElement | undefined => path(message, 'ReleaseList', 'Release')[0];
export const breach = (element: XmlElement, message: string, attribute?: string): Breach =>
  attribute === undefined ? { element, message } : { element, message, attribute };
export const nameOf = (resource: XmlElement): string =>
  textAt(resource, 'ResourceReference') ?? textAt(resource, 'ReleaseReference') ?? resource.name;

/** What carries the identifier and the files of a recording: its editions, and before ERN 4.3, which has none, the recording itself. */
export const editions = (recording: XmlElement): XmlElement[] => {
  const found = path(recording, 'SoundRecordingEdition');
  return found.length > 0 ? found : [recording];
};
/** ISRCs of all recordings, in order. */
export const isrcs = (message: XmlElement): XmlElement[] =>
  recordings(message).flatMap((item) => editions(item).flatMap((edition) => path(edition, 'ResourceId', 'ISRC')));
