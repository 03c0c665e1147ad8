import { path, textAt } from '../read/find';
import type { XmlElement } from '../read/scan-xml';

/** What breaks a rule, and where. */
export interface Breach {
  element: XmlElement;
  message: string;
}

/**
 * A rule of the release profiles (ERN 4 part 2). `clause` is the standard's; `passes` and `fails` are message bodies that the
 * test runs each rule against. Only what holds unconditionally is an error: the rest is a warning.
 */
export interface ProfileRule {
  code: string;
  clause: string;
  severity: 'error' | 'warning';
  hint: string;
  /** Profiles that the rule is for; all audio profiles when left out. */
  profiles?: readonly string[];
  check(message: XmlElement): Breach[];
  passes: string;
  fails: string;
}

export const recordings = (message: XmlElement): XmlElement[] => path(message, 'ResourceList', 'SoundRecording');
export const mainRelease = (message: XmlElement): XmlElement | undefined => path(message, 'ReleaseList', 'Release')[0];
export const breach = (element: XmlElement, message: string): Breach => ({ element, message });
export const nameOf = (resource: XmlElement): string =>
  textAt(resource, 'ResourceReference') ?? textAt(resource, 'ReleaseReference') ?? resource.name;
