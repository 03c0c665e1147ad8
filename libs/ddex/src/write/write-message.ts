import { Writing, type Codec, type Loss } from '../grammar/codec';
import { ernNamespaces, grammarOf, type ErnVersion } from '../grammar/versions';
import type { PurgeNotification, ReleaseNotification } from '../model/notification';
import { serialize } from './string-tree';

/** A message, and what of the model its version of ERN could not say, or not quite. */
export interface Written {
  xml: string;
  losses: Loss[];
  /** What its version must be told and the model does not say: what was put there, and why. */
  supplied: Loss[];
}

function write<T>(codec: Codec<T>, value: T, root: string, version: ErnVersion): Written {
  const context = new Writing(version);
  const node = codec.write(value, `ern:${root}`, context);
  node.attributes = { 'xmlns:ern': ernNamespaces[version], ...node.attributes };
  return { xml: serialize(node), losses: context.losses, supplied: context.supplied };
}

/**
 * The NewReleaseMessage of a notification in a version of ERN, UTF-8. Deterministic: the same notification gives the same bytes.
 * @throws IllegalXmlText for characters that XML cannot hold; `buildNotification` leaves none.
 */
export const writeNewRelease = (notification: ReleaseNotification, version: ErnVersion): Written =>
  write(grammarOf(version).release, notification, 'NewReleaseMessage', version);

/** The PurgeReleaseMessage: the release's identifiers and its title, nothing more. @throws IllegalXmlText */
export const writePurge = (purge: PurgeNotification, version: ErnVersion): Written =>
  write(grammarOf(version).purge, purge, 'PurgeReleaseMessage', version);

/** What was lost, a sentence for each kind: `ERN 4.2 has no place for it: recordings[].containsAi (12 times)`. */
export function lossesInWords(losses: readonly Loss[]): string[] {
  const kinds = new Map<string, number>();
  for (const { path, reason } of losses) {
    const kind = `${reason}: ${path.replace(/\[\d+\]/g, '[]')}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, count]) => (count === 1 ? kind : `${kind} (${count} times)`));
}

export const ern43Namespace = ernNamespaces['4.3'];
export const writeNewRelease43 = (notification: ReleaseNotification): string => writeNewRelease(notification, '4.3').xml;
export const writePurge43 = (purge: PurgeNotification): string => writePurge(purge, '4.3').xml;
