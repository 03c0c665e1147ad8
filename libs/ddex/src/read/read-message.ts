import { Reading, type Dropped } from '../grammar/codec';
import { contentOf } from '../grammar/ern382-lower';
import { ernNamespaces, ernVersions, grammarOf, type ErnVersion } from '../grammar/versions';
import type { PurgeNotification, ReleaseNotification } from '../model/notification';
import { standardOf } from '../validate/message-kinds';
import { attributeOf, localName, namespaceOf } from './find';
import { xpathOf } from './locate';
import { scanXml, XmlRefused, type ScanLimits, type XmlElement } from './scan-xml';

/** Something that a message says and the model has no place for. */
export interface Unmapped {
  /** In the form that libxml2 gives it. */
  xpath: string;
  reason: string;
  /** The text or value, at most 200 characters; null for an element with children. */
  value: string | null;
}

/** Why a message is not read. `code`: `xml.…`, `ern.not_a_message`, `ern.version`, `ern.profile`, `ern.content`, `ern.incomplete`. */
export interface ReadRefused {
  ok: false;
  code: string;
  reason: string;
  ernVersion: string | null;
  messageType: string | null;
  /** Where, when it is a place. */
  xpath: string | null;
  /** The same as an offset of the document's bytes. */
  offset: number | null;
}

export interface ReadRelease {
  ok: true;
  messageType: 'NewReleaseMessage';
  ernVersion: ErnVersion;
  notification: ReleaseNotification;
  unmapped: Unmapped[];
}

export interface ReadPurge {
  ok: true;
  messageType: 'PurgeReleaseMessage';
  ernVersion: ErnVersion;
  purge: PurgeNotification;
  unmapped: Unmapped[];
}

export type ReadMessage = ReadRelease | ReadPurge | ReadRefused;

/** Words in the names of profiles and release types that the catalogue, which holds audio, has no room for. */
const foreignProfiles =
  /video|ring|alert|tone|mixedmedia|multimedia|boxe?d?set|film|series|season|wallpaper|ebook|audiobook|sheetmusic|image|game/i;

const versionOf = (namespace: string): ErnVersion | undefined => ernVersions.find((version) => ernNamespaces[version] === namespace);

/** What keeps a release out of a catalogue of audio, or null. */
function foreign(notification: ReleaseNotification): { code: string; reason: string } | null {
  const { profile, profileVariant, recordings, videos, images, texts, release } = notification;
  if (profile !== undefined && foreignProfiles.test(profile))
    return { code: 'ern.profile', reason: `The release profile ${profile} is not one of audio, and the catalogue holds audio releases` };
  if (profileVariant === 'BoxedSet')
    return { code: 'ern.profile', reason: 'A boxed set holds several products, and the catalogue holds one in a message' };
  const type = release.types.find((item) => foreignProfiles.test(item.value));
  if (type)
    return {
      code: 'ern.profile',
      reason: `A release of the type ${type.value} is not one of audio, and the catalogue holds audio releases`,
    };
  if (recordings.length === 0) return { code: 'ern.content', reason: 'The message holds no sound recording' };
  const known = new Set(recordings.map((recording) => recording.reference));
  const others = new Map<string, string>([
    ...videos.map((item) => [item.reference, 'a video'] as const),
    ...images.map((item) => [item.reference, 'an image'] as const),
    ...texts.map((item) => [item.reference, 'a text'] as const),
  ]);
  const odd = contentOf(release.group).find((item) => !known.has(item.resource));
  if (odd)
    return {
      code: 'ern.content',
      reason: `${odd.resource} is part of the release and is ${others.get(odd.resource) ?? 'none of its sound recordings'}; the catalogue holds releases of sound recordings`,
    };
  const moving = videos.find((item) => item.type?.value !== 'FrontCoverVideo');
  if (moving)
    return {
      code: 'ern.content',
      reason: `${moving.reference} is a video of the type ${moving.type?.value ?? '?'}; the catalogue holds moving covers only`,
    };
  return null;
}

const placeOf = ({ element, attribute }: Dropped): string => `${xpathOf(element)}${attribute === undefined ? '' : `/@${attribute}`}`;

function unmappedOf(dropped: Dropped): Unmapped {
  const { element, attribute, reason } = dropped;
  const value =
    attribute === undefined ? (element.children.length > 0 ? null : element.text.trim()) : (attributeOf(element, attribute) ?? null);
  return { xpath: placeOf(dropped), reason, value: value === null ? null : value.slice(0, 200) };
}

function readRoot(root: XmlElement): ReadMessage {
  const messageType = localName(root);
  const namespace = namespaceOf(root);
  const version = versionOf(namespace);
  const refuse = (code: string, reason: string, place: XmlElement | null = null): ReadRefused => ({
    ok: false,
    code,
    reason,
    ernVersion: version ?? standardOf(namespace)?.ernVersion ?? null,
    messageType,
    xpath: place && xpathOf(place),
    offset: place && place.start,
  });
  if (!version) {
    const isErn = /^http:\/\/ddex\.net\/xml\/(ern\/|\d{4}\/ern-main)/.test(namespace);
    return isErn
      ? refuse('ern.version', `The message is in ${namespace}; ERN ${ernVersions.join(', ')} is read`)
      : refuse(
          'ern.not_a_message',
          `The document is a ${messageType} in ${namespace === '' ? 'no namespace' : namespace}, and no ERN message`,
        );
  }
  const grammar = grammarOf(version);
  const context = new Reading();
  if (messageType !== 'NewReleaseMessage' && messageType !== 'PurgeReleaseMessage')
    return refuse('ern.not_a_message', `A ${messageType} is neither a NewReleaseMessage nor a PurgeReleaseMessage`);
  const isPurge = messageType === 'PurgeReleaseMessage';
  const read = isPurge ? grammar.purge.read(root, context) : grammar.release.read(root, context);
  const [missing] = context.missing;
  if (missing || !read)
    return refuse(
      'ern.incomplete',
      missing ? `${xpathOf(missing.element)} does not say its ${missing.reason}` : 'The message is not whole',
      missing?.element,
    );
  if (isPurge)
    return { ok: true, messageType, ernVersion: version, purge: read as PurgeNotification, unmapped: context.dropped.map(unmappedOf) };
  const notification = read as ReleaseNotification;
  const problem = foreign(notification);
  if (problem) return refuse(problem.code, problem.reason);
  return { ok: true, messageType, ernVersion: version, notification, unmapped: context.dropped.map(unmappedOf) };
}

/**
 * Reads a NewReleaseMessage or PurgeReleaseMessage of ERN 3.8.2, 4.2, 4.3 or 4.3.2 in one pass over its bytes. What the model has
 * no place for is listed in `unmapped`; a message that the catalogue cannot hold is refused with the reason and never half
 * read. Judges no rule and asks no schema. Never throws.
 */
export function readMessage(xml: Uint8Array | string, limits: ScanLimits = {}): ReadMessage {
  try {
    return readRoot(scanXml(xml, limits));
  } catch (error) {
    if (error instanceof XmlRefused)
      return { ok: false, code: error.code, reason: error.message, ernVersion: null, messageType: null, xpath: null, offset: error.offset };
    throw error;
  }
}
